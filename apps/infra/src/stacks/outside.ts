import type { Environment } from '../configuration/read-configuration.ts';

/** A place beside portals and AWS that web-agents reach. */
export interface Outside {
  readonly host: string;
  readonly port: number;
  /** As the rules of the network say it. */
  readonly what: string;
}

const HTTPS = 443;
const PORT_OF = { implicit: 993, starttls: 143 } as const;

/** Where SNS keeps the certificates that it signs a topic's messages with. */
function certificatesOf(topic: string): Outside {
  const [, partition, , region] = topic.split(':');
  return { host: `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`, port: HTTPS, what: 'Certificates of SNS' };
}

/** Where callbacks, mailboxes, SNS's certificates and spans are; nothing where nobody is named. */
export function outsideOf({ callbacks, inbound, traces }: Environment): readonly Outside[] {
  const told = (callbacks?.hosts ?? []).map((each) => {
    const [host = '', port = HTTPS] = each.split(':');
    return { host, port: Number(port), what: 'Receivers of callbacks' };
  });
  const mailboxes = Object.values(inbound?.mailboxes ?? {}).map(({ host, port, tls }) => ({ host, port: port ?? PORT_OF[tls], what: 'Mailboxes' }));
  const spans = traces
    ? [new URL(traces.url)].map(({ hostname, port }) => ({ host: hostname, port: Number(port || HTTPS), what: 'The collector of spans' }))
    : [];
  return [...told, ...mailboxes, ...(inbound?.snsTopics ?? []).map(certificatesOf), ...spans];
}
