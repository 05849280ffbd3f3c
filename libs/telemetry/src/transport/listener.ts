import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { z } from 'zod';
import type { Secret } from '../secret.ts';
import { isLoopback } from './transport.ts';

/** What a server that people or services reach is told of protection, as its app's configuration has it. */
export interface Listener {
  readonly host: string;
  /** Certificate chain and key, PEM. */
  readonly cert: string | undefined;
  readonly key: Secret<string> | undefined;
  /** The deployment vouches that only a proxy with TLS reaches it. */
  readonly behindProxy: boolean;
}

/** The variables of each, for messages. */
export type ListenerNames = Readonly<Record<'host' | 'cert' | 'key' | 'proxy', string>>;

/** For `.superRefine`: another machine is let in by TLS only, the server's own or that of a proxy which the deployment vouches for. */
export function checkListener({ host, cert, key, behindProxy }: Listener, names: ListenerNames, problems: z.core.$RefinementCtx): void {
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  if (cert === undefined && key === undefined) {
    if (!isLoopback(host) && !behindProxy)
      report(
        names.host,
        `lets other machines in, without TLS: name a certificate and its key (${names.cert}_FILE, ${names.key}_FILE), or say ${names.proxy}=yes where only a proxy with TLS reaches it`,
      );
    return;
  }
  if (cert === undefined) return void report(names.cert, `is not set, but ${names.key} is`);
  if (key === undefined) return void report(names.key, `is not set, but ${names.cert} is`);
  try {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key.reveal()))) report(names.key, `is not the key of ${names.cert}`);
  } catch {
    report(names.cert, `and ${names.key} must be a certificate and its key without a passphrase, in PEM`);
  }
}
