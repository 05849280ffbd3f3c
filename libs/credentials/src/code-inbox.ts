import { digest, type IdentityKeys, knownKeys } from './login-identity.ts';

/**
 * Where a portal sends the codes of a login, a telephone number or a mail address, as the database knows it: `<key id>:<hex HMAC-SHA256>`, the current key's first. A number can be
 * guessed from a plain hash. Both the login and the message that comes are known by it, so it says nothing of how the number was written.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * // The same however the number was written.
 * const inboxes = codeInboxes(keys, '+1 (555) 123-0100');
 * ```
 */
export const codeInboxes = (keys: IdentityKeys, address: string): readonly string[] => printsOf(keys, ['rcm-code-inbox', inboxName(address)]);

/**
 * What a message is known by, so that it counts once: what its gateway calls it.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const prints = messagePrints(keys, { gateway: 'gateway-1', id: 'message-1' });
 * ```
 */
export const messagePrints = (keys: IdentityKeys, { gateway, id }: { readonly gateway: string; readonly id: string }): readonly string[] =>
  printsOf(keys, ['rcm-message', gateway, id]);

/**
 * What a code is known by at an inbox, so that it is typed once. A code alone could be searched, without the key.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const prints = codePrints(keys, { address: '+15551230100', code: '123456' });
 * ```
 */
export const codePrints = (keys: IdentityKeys, { address, code }: { readonly address: string; readonly code: string }): readonly string[] =>
  printsOf(keys, ['rcm-code', inboxName(address), code]);

/**
 * What a code is known by at an inbox for one login, so that one that is good for longer counts again for it and for nobody else.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const prints = ownCodePrints(keys, { address: '+15551230100', code: '123456', orgId: 'hospital-a', endpointId: 'endpoint-1' });
 * ```
 */
export const ownCodePrints = (
  keys: IdentityKeys,
  { address, code, orgId, endpointId }: { readonly address: string; readonly code: string; readonly orgId: string; readonly endpointId: string },
): readonly string[] => printsOf(keys, ['rcm-own-code', inboxName(address), code, orgId, endpointId]);

/**
 * What a mailbox that is read is known by: by the current key alone, since nothing is looked for by it later.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const mailbox = mailboxPrint(keys, { host: 'mail.example', user: 'codes@hospital-a.example', folder: 'INBOX' });
 * ```
 */
export const mailboxPrint = (
  { current: { id, key } }: IdentityKeys,
  parts: { readonly host: string; readonly user: string; readonly folder: string },
): string => `${id}:${digest(key, ['rcm-mailbox', parts.host, parts.user, parts.folder])}`;

/**
 * A number without what people write between its digits, a mail address in lower case: as portals' gateways call the same one.
 *
 * @example
 * ```ts
 * inboxName('+1 (555) 123-0100'); // '+15551230100'
 * inboxName(' Codes@Hospital-A.example'); // 'codes@hospital-a.example'
 * ```
 */
export function inboxName(address: string): string {
  const text = address.trim().toLowerCase();
  return text.includes('@') ? text : text.replace(/[\s().-]/g, '');
}

const printsOf = (keys: IdentityKeys, parts: readonly string[]): readonly string[] => knownKeys(keys).map(({ id, key }) => `${id}:${digest(key, parts)}`);
