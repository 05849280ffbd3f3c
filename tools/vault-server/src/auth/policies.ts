import { type Answer, noContent, nothingThere, Refusal, withData } from '../http/answer.ts';
import type { VaultRequest } from '../http/request.ts';
import type { VaultState } from '../vault-state.ts';
import { parsePolicy } from './policy.ts';

/** `sys/policies/acl/<name>`. Null: no such route. */
export function answerPolicy({ database }: VaultState, { verb, path, namespace, body }: VaultRequest): Answer | null {
  const name = /^sys\/policies\/acl\/([\w.-]+)$/.exec(path)?.[1];
  if (name === undefined) return null;
  if (verb === 'write') {
    const document = body.policy;
    if (typeof document !== 'string') throw new Refusal(400, "'policy' parameter not supplied or empty");
    parsePolicy(document);
    database.run(
      'INSERT INTO policy(namespace, name, document) VALUES (?, ?, ?) ON CONFLICT (namespace, name) DO UPDATE SET document = excluded.document',
      ...[namespace, name, document],
    );
    return noContent;
  }
  const found = database.get<{ readonly document: string }>('SELECT document FROM policy WHERE namespace = ? AND name = ?', namespace, name);
  if (!found) throw nothingThere();
  return verb === 'read' ? withData({ name, policy: found.document }) : null;
}
