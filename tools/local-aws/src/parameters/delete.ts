import { z } from 'zod';
import { parameterArn } from '../account/arns.ts';
import { removeAllTags } from '../account/tags.ts';
import { type Call, operation } from '../operation.ts';
import { parseName } from './name.ts';
import { parameterNotFound } from './records.ts';

const nameSchema = z.string().min(1).max(2_048);

/** Removes all versions, labels and tags; the values stay in the append-only table. */
function remove(call: Call, name: string): boolean {
  const { changes } = call.database.run('DELETE FROM parameter WHERE name = ?', name);
  if (changes > 0) removeAllTags(call.database, parameterArn(call.account, name));
  return changes > 0;
}

export const deleteParameter = operation({
  input: z.strictObject({ Name: nameSchema }),
  resources: ({ Name }, { account }) => [parameterArn(account, parseName(account, Name))],
  run({ Name }, call) {
    const name = parseName(call.account, Name);
    if (!remove(call, name)) throw parameterNotFound(name);
    return {};
  },
});

export const deleteParameters = operation({
  input: z.strictObject({ Names: z.array(nameSchema).min(1).max(10) }),
  resources: ({ Names }, { account }) => Names.map((name) => parameterArn(account, parseName(account, name))),
  run({ Names }, call) {
    const names = [...new Set(Names)];
    const deleted = names.filter((name) => remove(call, parseName(call.account, name)));
    return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
  },
});
