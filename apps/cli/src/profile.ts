import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { RcmError } from '@rcm/telemetry';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const OTHERS = 0o077;
/** What the AWS SDK reads itself; none of them leads it to another place. */
const FOR_AWS: ReadonlySet<string> = new Set(['AWS_PROFILE', 'AWS_REGION', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']);

const profileFile = (name: string, environment: NodeJS.ProcessEnv): string =>
  join(environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), '.config'), 'rcm', 'profiles', `${name}.env`);

/**
 * The environment of a profile: its file alone says everything that begins with `RCM_`, so that a variable left from another deployment cannot mix with it. The
 * file is its owner's, mode 0600. Fails with `config_invalid`, by line and never with a value.
 */
export function withProfile(name: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!NAME.test(name)) throw new RcmError('config_invalid', 'The name of a profile has small letters, digits and dashes. Nothing was done.');
  const path = profileFile(name, environment);
  const settings = parse(path, read(path));
  const others = Object.entries(environment).filter(([each]) => !each.startsWith('RCM_'));
  return { ...Object.fromEntries(others), ...settings };
}

function read(path: string): string {
  let file: number;
  try {
    // No link: what is checked is what is read.
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new RcmError('config_invalid', `The profile ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, {
      cause,
    });
  }
  try {
    const { mode, uid } = fstatSync(file);
    if ((mode & OTHERS) !== 0)
      throw new RcmError('config_invalid', `Others can read or change the profile ${path}: run \`chmod 600 ${path}\`. Nothing was done.`);
    if (process.getuid && uid !== process.getuid()) throw new RcmError('config_invalid', `The profile ${path} belongs to somebody else. Nothing was done.`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function parse(path: string, text: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    const problem = name === '' ? 'is not NAME=value' : !name.startsWith('RCM_') && !FOR_AWS.has(name) ? `sets ${name}, which is none of the platform’s` : null;
    if (problem !== null) throw new RcmError('config_invalid', `Line ${i + 1} of the profile ${path} ${problem}. Nothing was done.`);
    settings[name] = value.trim().replace(/^(["'])(.*)\1$/, '$2');
  }
  return settings;
}
