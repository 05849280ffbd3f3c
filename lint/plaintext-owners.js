import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where the files that may see plaintext are listed, each with its reason: `| path/from/the/root.ts | why |`. */
const LISTS = ['libs/credentials/README.md', 'docs/plaintext.md'];

/** The two ways out of a `Secret` (libs/telemetry/src/secret.ts): everything else prints `[secret]`. */
const WAYS_OUT = new Set(['reveal', 'map']);

const listed = (root) =>
  new Set(LISTS.flatMap((list) => [...readFileSync(join(root, list), 'utf8').matchAll(/^\| `((?:apps|libs)\/[^`]+\.ts)` +\|/gm)].map(([, path]) => path)));

/**
 * Reports `.reveal` and `.map` of a `Secret` in any file that the lists do not name, through whatever type it is reached: a subclass, a
 * type parameter, a destructuring. `.reveal` is reported of anything, so that a cast does not hide it. The option is the workspace's root.
 */
export const plaintextOwners = {
  meta: {
    type: 'problem',
    schema: [{ type: 'string' }],
    messages: { unlisted: `Plaintext leaves a Secret here. Pass the handle on, or list this file with the reason in ${LISTS.join(' or ')}.` },
  },
  create(context) {
    const [root] = context.options;
    if (listed(root).has(relative(root, context.filename))) return {};
    const { program, getTypeAtLocation } = context.sourceCode.parserServices;
    const checker = program.getTypeChecker();
    const isOfSecret = (holder, name) => {
      const found = checker.getPropertyOfType(checker.getApparentType(checker.getNonNullableType(getTypeAtLocation(holder))), name);
      return found?.declarations?.some(({ parent }) => parent.name?.text === 'Secret') ?? false;
    };
    const check = (node, holder, name) => {
      if (WAYS_OUT.has(name) && (name === 'reveal' || isOfSecret(holder, name))) context.report({ node, messageId: 'unlisted' });
    };
    const nameOf = (computed, key) => (computed || key.type === 'Literal' ? key.value : key.name);
    return {
      MemberExpression: (node) => check(node.property, node.object, nameOf(node.computed, node.property)),
      ObjectPattern(pattern) {
        for (const property of pattern.properties) if (property.type === 'Property') check(property.key, pattern, nameOf(property.computed, property.key));
      },
    };
  },
};
