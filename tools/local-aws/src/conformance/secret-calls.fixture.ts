import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
} from '@aws-sdk/client-secrets-manager';
import type { Stage } from './case.fixture.ts';

/** Of the one secret of a case. */
export const create = ({ secrets, name }: Stage, more: Partial<CreateSecretCommandInput> = {}) =>
  secrets.send(new CreateSecretCommand({ Name: name, SecretString: 'one', ...more }));
export const put = ({ secrets, name }: Stage, more: Partial<PutSecretValueCommandInput> = {}) =>
  secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two', ...more }));
export const get = ({ secrets, name }: Stage, more: Partial<GetSecretValueCommandInput> = {}) =>
  secrets.send(new GetSecretValueCommand({ SecretId: name, ...more }));
