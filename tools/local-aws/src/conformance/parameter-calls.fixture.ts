import { GetParameterCommand, GetParameterHistoryCommand, PutParameterCommand, type PutParameterCommandInput } from '@aws-sdk/client-ssm';
import type { Stage } from './case.fixture.ts';

/** Of the parameter `p` of a case, where no other is named. */
export const put = ({ ssm, path }: Stage, input: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name: `${path}/p`, Value: 'v', Type: 'String', ...input }));
export const read = async ({ ssm, path }: Stage, name = `${path}/p`) =>
  (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter;

/** One of several of a case, by its name below the case's path. */
export const putBelow = ({ ssm, path }: Stage, below: string, Value = 'v', more: { Overwrite?: boolean; Type?: 'String' | 'SecureString' } = {}) =>
  ssm.send(new PutParameterCommand({ Name: `${path}/${below}`, Value, Type: 'String', ...more }));

/** Of the parameter `p`. */
export const history = ({ ssm, path }: Stage, more: { MaxResults?: number; NextToken?: string } = {}) =>
  ssm.send(new GetParameterHistoryCommand({ Name: `${path}/p`, WithDecryption: true, ...more }));
