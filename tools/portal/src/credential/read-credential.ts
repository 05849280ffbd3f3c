import { type CredentialPayload, parsePayload } from '@rcm/credentials';
import { isUsableSeed } from '@rcm/portal-drivers';
import { RcmError, Secret } from '@rcm/telemetry';
import type { NeededValues } from './needed-values.ts';
import { readPayloadText } from './payload-input.ts';
import type { Terminal } from './terminal.ts';

export interface CredentialSource {
  /** Where somebody can be asked; `null`: the credential comes from `stdin`. */
  readonly terminal: Terminal | null;
  readonly stdin: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
}

/**
 * The credential: asked for at the terminal, else read from standard input as payload JSON. Never an argument, which every
 * process of the machine could read. Fails with `payload_invalid`, `input_invalid`, `cancelled`, `deadline_exceeded`.
 */
export async function readCredential({ terminal, stdin, signal }: CredentialSource, needed: NeededValues): Promise<Secret<CredentialPayload>> {
  if (terminal) return askForCredential(terminal, needed);
  const payload = parsePayload(await readPayloadText(stdin, signal));
  if (needed.totp) mustBeUsable(payload.map(({ mfa_seed }) => mfa_seed ?? ''));
  return payload;
}

/** Found out at the page that asks for a code, it would have cost a login. An empty one is none. */
function mustBeUsable(seed: Secret<string>): void {
  if (seed.reveal() === '' || isUsableSeed(seed)) return;
  throw new RcmError(
    'payload_invalid',
    'The seed of the one-time codes is not base32 text of at least 16 characters, so no code can be made of it. Nothing was sent to the portal.',
  );
}

async function askForCredential(terminal: Terminal, needed: NeededValues): Promise<Secret<CredentialPayload>> {
  const username = await terminal.ask('User name: ');
  const password = await terminal.askHidden('Password (not shown): ');
  const seed = needed.totp ? await terminal.askHidden('Seed of the one-time codes (not shown, empty if there is none): ') : null;
  if (seed) mustBeUsable(seed);
  const custom: Record<string, string> = {};
  for (const name of needed.custom) custom[name] = (await terminal.askHidden(`${name} (not shown): `)).reveal();
  if (username === '' || password.reveal() === '')
    throw new RcmError('input_invalid', 'A user name and a password are needed. Nothing was sent to the portal.');
  return new Secret({
    username,
    password: password.reveal(),
    ...(seed && seed.reveal() !== '' ? { mfa_seed: seed.reveal() } : {}),
    ...(needed.custom.length > 0 ? { custom_fields: custom } : {}),
  });
}
