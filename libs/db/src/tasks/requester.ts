import { RcmError } from '@rcm/telemetry';

/** Who asks for a task: the subject of a token and who issued it, or the account of the operating system at a terminal. */
export type Requester = { readonly kind: 'token'; readonly subject: string; readonly issuer: string } | { readonly kind: 'terminal'; readonly name: string };

/** As rows and audit events name a requester. The kind comes first, so that no token's subject reads as a person or a process. */
export function actorOf(requester: Requester): string {
  const name = requester.kind === 'token' ? requester.subject : requester.name;
  if (name === '') throw new RcmError('input_invalid', 'Whoever asks must have a name.');
  return `${requester.kind}:${name}`;
}

export const issuerOf = (requester: Requester): string | null => (requester.kind === 'token' ? requester.issuer : null);

/** What an audit event says beside the actor. */
export const issuerDetails = (requester: Requester): { readonly issuer?: string } => (requester.kind === 'token' ? { issuer: requester.issuer } : {});
