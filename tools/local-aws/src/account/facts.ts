import type { AccountFacts } from '../identity/authorize.ts';
import type { Call } from '../operation.ts';
import { roleArn } from './arns.ts';
import { tagsOf } from './tags.ts';

/** What decisions look up, from the data file and the account's roles. */
export function accountFacts({ account, database, keys, roles }: Pick<Call, 'account' | 'database' | 'keys' | 'roles'>): AccountFacts {
  return {
    tagsOf(arn) {
      const role = [...roles.values()].find(({ name }) => roleArn(account, name) === arn);
      return role?.tags ?? Object.fromEntries(tagsOf(database, arn).map(({ Key, Value }) => [Key, Value]));
    },
    aliasesOf(keyArn) {
      const key = keys.find(keyArn);
      if (!key) return [];
      return database.all<{ name: string }>('SELECT name FROM kms_alias WHERE key_id = ? ORDER BY name', key.id).map(({ name }) => name);
    },
  };
}
