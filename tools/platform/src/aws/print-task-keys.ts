import { readTaskKeys } from './task-keys.ts';

/**
 * What the AWS SDK calls as `credential_process`: `node print-task-keys.ts URL TOKEN_FILE` prints the keys of a task's role, as its process would get them. So a person
 * with the profile works as that role, and has no keys that outlive the run.
 */
const [url = '', tokenFile = ''] = process.argv.slice(2);
/** They are asked for again in time. */
const GOOD_FOR_MS = 900_000;

const { accessKeyId, secretAccessKey, sessionToken } = await readTaskKeys({ url, tokenFile });
const Expiration = new Date(Date.now() + GOOD_FOR_MS).toISOString();
process.stdout.write(`${JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken, Expiration })}\n`);
