import { type Database, listRetired, type RetiredEndpoint } from '@rcm/db';
import { parseReference } from '@rcm/credentials';
import { relative } from '@rcm/fleet';
import type { Report } from '../report.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';

export interface RetiredOptions {
  readonly org?: string;
  readonly keep: string;
  readonly limit: string;
  readonly after?: string;
}

/** A page of what is retired, and of which of it the secret has been kept for as long as `--keep` says, with what removes it. The platform removes none by itself: it may not. */
export async function endpointRetired(db: Database, options: RetiredOptions, now: Date): Promise<Report> {
  const keptMs = span('--keep', options.keep);
  const { endpoints, next } = await listRetired(db, { orgId: options.org, after: options.after, limit: Number(options.limit) });
  const rows = endpoints.map((endpoint) => ({ ...endpoint, removal: endpoint.retiredAt.getTime() + keptMs <= now.getTime() ? removal(endpoint) : null }));
  return {
    json: {
      endpoints: rows.map(({ id, orgId, portalTypeCode, retiredAt, secretArn, removal: command }) => ({
        id,
        organization: orgId,
        portalType: portalTypeCode,
        retiredAt: retiredAt.toISOString(),
        secret: secretArn,
        removal: command,
      })),
      next,
    },
    lines(view) {
      if (rows.length === 0) return ['nothing is retired'];
      const commands = rows.flatMap(({ removal: command }) => (command === null ? [] : [command]));
      return [
        ...table(
          view,
          [{ title: 'LOGIN' }, { title: 'ORGANIZATION' }, { title: 'PORTAL' }, { title: 'RETIRED' }, { title: 'SECRET', shrinks: true }],
          rows.map(({ id, orgId, portalTypeCode, retiredAt, secretArn }) => [
            { text: id },
            { text: orgId },
            { text: portalTypeCode },
            { text: relative(retiredAt, view.now) },
            { text: secretArn ?? 'never had one' },
          ]),
        ),
        ...(commands.length > 0
          ? [
              '',
              `retired for ${options.keep} or longer; the guardian (docs/deletion-protection.md) removes what lies there with:`,
              ...commands.map((command) => `  ${command}`),
              'Copies of its passwords may lie beside it: look there first (docs/retiring.md).',
            ]
          : []),
        ...(next ? ['', view.paint('dim', `more: --after ${next}`)] : []),
      ];
    },
    well: true,
  };
}

/** Each store's own way; of AWS's, Secrets Manager alone can take a removal back. */
function removal({ secretArn }: RetiredEndpoint): string | null {
  if (secretArn === null) return null;
  const reference = parseReference(secretArn);
  switch (reference.store) {
    case 'ssm':
      return `aws ssm delete-parameter --region ${reference.region} --name ${secretArn.slice(secretArn.indexOf('/'))}`;
    case 'secrets-manager':
      return `aws secretsmanager delete-secret --region ${reference.region} --recovery-window-in-days 30 --secret-id ${secretArn}`;
    case 'vault':
      return `vault kv metadata delete -mount=${reference.mount} ${secretArn.slice(`vault:${reference.mount}/`.length)}`;
  }
}
