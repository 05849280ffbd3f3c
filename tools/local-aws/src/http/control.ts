import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Faults, faultSchema } from '../faults.ts';
import type { AccessKey } from '../identity/principal.ts';
import type { TaskKeys } from '../identity/task-keys.ts';
import type { SignedRequest } from '../identity/signature.ts';
import type { PublishedMessage } from '../topics/messages.ts';
import type { Answer } from './answer.ts';
import { parseJson } from './listen.ts';

const faultsBody = z.union([faultSchema, z.array(faultSchema).max(16)]);

export interface ControlOptions {
  readonly faults: Faults;
  readonly key: AccessKey;
  published(): readonly PublishedMessage[];
  readonly tasks: TaskKeys;
}

export const isControl = (target: string): boolean => target.startsWith('/_local/');

/**
 * The routes that are no AWS: `GET /_local/health` for everybody; `GET /_local/task-credentials/<role>` for whoever holds that
 * role's token; `PUT /_local/faults` (one fault or a list) and
 * `GET /_local/messages` for whoever holds the base key, as `Authorization: Bearer <secret access key>`. Faults never hit them.
 */
export function answerControl(options: ControlOptions, request: SignedRequest): Answer {
  const route = `${request.method} ${request.target}`;
  if (route === 'GET /_local/health') return json(200, { status: 'ok' });
  const role = /^GET \/_local\/task-credentials\/([\w+=,.@-]{1,64})$/.exec(route)?.[1];
  if (role !== undefined) return taskCredentials(options.tasks, role, request.headers.authorization ?? '');
  if (!isBearer(request.headers.authorization, options.key.secretAccessKey))
    return json(401, { message: 'The bearer must be the secret access key of the base user.' });
  if (route === 'GET /_local/messages') return json(200, { messages: options.published() });
  if (route !== 'PUT /_local/faults') return json(404, { message: 'There is no such control route.' });
  const body = faultsBody.safeParse(parseJson(request.body));
  if (!body.success) return json(400, { message: `The faults are not valid: ${z.prettifyError(body.error)}` });
  options.faults.set(Array.isArray(body.data) ? body.data : [body.data]);
  return json(200, { active: Array.isArray(body.data) ? body.data.length : 1 });
}

/** As the container service's own address answers the SDK ("Amazon ECS task IAM role"); the header is the token itself. */
function taskCredentials(tasks: TaskKeys, role: string, token: string): Answer {
  if (!isSame(token, tasks.tokenFor(role))) return json(401, { message: 'The authorization must be the token of this role.' });
  const keys = tasks.keysFor(role);
  if (!keys) return json(404, { message: `The account has no role ${role}.` });
  return json(200, {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
    Expiration: keys.expiration.toISOString(),
  });
}

const isBearer = (header: string | undefined, secret: string): boolean => isSame(header ?? '', `Bearer ${secret}`);

function isSame(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

const json = (status: number, body: object): Answer => ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
