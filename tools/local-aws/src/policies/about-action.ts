import type { Document } from './documents.ts';

interface Statement {
  readonly Action?: string | readonly string[];
}

/**
 * The document without the statements that name other actions: they can neither allow nor deny it. The engine compares every
 * condition of every statement before it looks at the action, which was a third of what a call to local-aws costs.
 * A statement is always left, as a policy has to have one.
 */
export function aboutAction(document: Document, action: string): Document {
  const statements = [document.Statement].flat() as Statement[];
  const about = statements.filter(({ Action }) => Action === undefined || [Action].flat().some((pattern) => patternOf(pattern).test(action)));
  return { ...document, Statement: about.length > 0 ? about : statements.slice(0, 1) };
}

/** `*` is any number of characters and `?` is one, in any case: "IAM JSON policy elements: Action", IAM User Guide. */
function patternOf(action: string): RegExp {
  const literal = action.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
}
