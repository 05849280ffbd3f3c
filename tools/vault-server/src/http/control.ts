import { parseJson } from '@rcm/local-aws/kit';
import { z } from 'zod';
import { rootToken } from '../auth/tokens.ts';
import { type Faults, faultSchema } from '../faults.ts';
import type { VaultState } from '../vault-state.ts';
import { type Answer, noContent, permissionDenied, Refusal } from './answer.ts';
import type { RawRequest } from './request.ts';

const faultsBody = z.array(faultSchema).max(16);

export const isControl = ({ target }: RawRequest): boolean => target.startsWith('/_control/');

/** The one route that is not Vault's: `PUT /_control/faults` with a list of faults and the root token. Faults never hit it. */
export function answerControl(vault: VaultState, faults: Faults, { method, target, headers, body }: RawRequest): Answer {
  if (headers['x-vault-token'] !== rootToken(vault)) return permissionDenied().answer;
  if (method !== 'PUT' || target !== '/_control/faults') return new Refusal(404, 'there is no such control route').answer;
  const parsed = faultsBody.safeParse(parseJson(body));
  if (!parsed.success) return new Refusal(400, z.prettifyError(parsed.error)).answer;
  faults.set(parsed.data);
  return noContent;
}
