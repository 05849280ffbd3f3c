import type { NewRotationRequest } from '@rcm/db/rotation';
import type { ModelDatabase } from './model-database.ts';
import { endpointOf, operation, refuse } from './operation.ts';

/** Counted and not drawn: what people ask for changes nothing of what happens by chance. */
let asked = 0;

/** A row that asks for a rotation, as `requestRotation` writes it. */
export function addRequest(db: ModelDatabase, request: NewRotationRequest): { readonly requestId: string } {
  if (!endpointOf(db, request)) return refuse('input_invalid', 'The organization has no such endpoint.');
  asked += 1;
  const id = `00000000-0000-4000-8000-${String(asked).padStart(12, '0')}`;
  const { orgId, endpointId, kind } = request;
  db.tables.requests.put({ id, orgId, endpointId, kind, chosenVersion: request.kind === 'rollback' ? request.chosenVersion : null });
  return { requestId: id };
}

/** Commands of this environment tell whoever gave them; that they did is no matter of its rotators. */
export const answerRequest = operation('answerRequest', () => true);

export const requestRotation = operation('requestRotation', addRequest);
