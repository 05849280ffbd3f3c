import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { AwsError } from '../aws-error.ts';
import { type Call, operation } from '../operation.ts';
import { parameterValue } from './encryption.ts';
import { type ParameterSelector, parseSelector } from './name.ts';
import { findLabelled, findVersion, requireParameter, versionNotFound, type VersionRecord } from './records.ts';

const nameSchema = z.string().min(1).max(2_048);

/** A parameter as every read answers it. */
export function describeValue(call: Call, record: VersionRecord, options: { readonly decrypt: boolean; readonly selector: string | null }): object {
  return {
    Name: record.name,
    Type: record.type,
    Value: parameterValue(call, record, options),
    Version: record.version,
    ...(options.selector === null ? {} : { Selector: options.selector }),
    LastModifiedDate: new Date(record.modified_at),
    ARN: parameterArn(call.account, record.name),
    DataType: 'text',
  };
}

/** Errors: ParameterNotFound, ParameterVersionNotFound. */
function selected({ database }: Call, { name, version, label }: ParameterSelector): VersionRecord {
  const { version: newest } = requireParameter(database, name);
  const record = label === null ? findVersion(database, name, version ?? newest) : findLabelled(database, name, label);
  if (!record) throw versionNotFound(name, label === null ? 'version' : 'label', label ?? version ?? newest);
  return record;
}

/** GetParameter: the newest version, or the one behind `:`. */
export const getParameter = operation({
  input: z.strictObject({ Name: nameSchema, WithDecryption: z.boolean().optional() }),
  resources: ({ Name }, { account }) => [parameterArn(account, parseSelector(account, Name).name)],
  run({ Name, WithDecryption = false }, call) {
    const wanted = parseSelector(call.account, Name);
    return { Parameter: describeValue(call, selected(call, wanted), { decrypt: WithDecryption, selector: wanted.selector }) };
  },
});

/** GetParameters: what is not there comes back in InvalidParameters. The order of the answer is not the order of the names. */
export const getParameters = operation({
  input: z.strictObject({ Names: z.array(nameSchema).min(1).max(10), WithDecryption: z.boolean().optional() }),
  resources: ({ Names }, { account }) => Names.map((name) => parameterArn(account, parseSelector(account, name).name)),
  run({ Names, WithDecryption = false }, call) {
    const found: object[] = [];
    const invalid: string[] = [];
    // Sorted, so that nobody comes to rely on positions: AWS promises none.
    for (const text of [...new Set(Names)].sort()) {
      const wanted = parseSelector(call.account, text);
      try {
        found.push(describeValue(call, selected(call, wanted), { decrypt: WithDecryption, selector: wanted.selector }));
      } catch (error) {
        if (!(error instanceof AwsError) || !NOT_THERE.has(error.code)) throw error;
        invalid.push(text);
      }
    }
    return { Parameters: found, InvalidParameters: invalid };
  },
});

const NOT_THERE = new Set(['ParameterNotFound', 'ParameterVersionNotFound']);
