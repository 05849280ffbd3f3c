import type { DataFolder } from './data/folder.ts';
import type { Figures } from './figures/figures.ts';
import { figuresTable } from './figures/table.ts';
import type { PlaintextHit } from './search/scan.ts';
import type { Services } from './services.ts';
import { shellWord } from './shell-word.ts';
import type { CheckedTrail } from './work/audit-trail.ts';
import type { Doors } from './work/doors.ts';
import type { WorkDone } from './work/demonstration.ts';
import type { OperatorProfile } from './work/operator-profile.ts';

export interface End {
  readonly figures: Figures;
  /** One sentence for each figure that is not as it should be. */
  readonly wrong: readonly string[];
  readonly hits: readonly PlaintextHit[];
  readonly json: boolean;
  readonly folder: DataFolder;
  /** Takes the figures. Default: stdout. */
  readonly print?: ((text: string) => void) | undefined;
}

const toStdout = (text: string): void => void process.stdout.write(text);

/** The result: one JSON object, or a table, on stdout; what is wrong in words on stderr. */
export function reportEnd({ figures, wrong, hits, json, folder, print = toStdout }: End): void {
  print(json ? `${JSON.stringify(figures)}\n` : `${figuresTable(figures)}\n`);
  for (const { place, offset, kind, form, mark } of hits)
    process.stderr.write(`Plaintext left: a ${kind} (${form}, mark ${mark}) in ${place} at byte ${offset}.\n`);
  for (const sentence of wrong) process.stderr.write(`Not as it should be: ${sentence}\n`);
  if (wrong.length > 0 && folder.kept) process.stderr.write(`The logs are in ${folder.logs}.\n`);
}

export interface RunningPlatform {
  readonly folder: DataFolder;
  readonly services: Services;
  readonly work: WorkDone;
  readonly trail: CheckedTrail;
  readonly profile: OperatorProfile;
  /** `null`: there are none. */
  readonly doors: Doors | null;
}

/** How to look further while it stays up. */
export function reportRunning({ folder, services, work, trail, profile, doors }: RunningPlatform): void {
  const { baseUrls, controlUrl } = services.portals;
  const lines = [
    'Everything stays up until Ctrl-C. To look further:',
    ...(doors === null ? [] : [`  console          ${doors.consoleUrl} (sign in with a click: one acts, another approves, a third only looks)`]),
    ...(doors === null || work.apiUrl === null ? [] : apiLines(work.apiUrl, doors)),
    ...Object.entries(baseUrls).map(([code, url]) => `  portal ${code.padEnd(9)} ${url}`),
    `  what the portals saw  ${controlUrl}/figures`,
    `  web-agent        ${work.healthUrls.agent}/readyz and /metrics`,
    `  rotator          ${work.healthUrls.rotator}/readyz and /metrics`,
    `  AWS              ${services.aws.endpoint} (keys: ${services.aws.credentialsFile})`,
    `  Postgres         psql "$(cat ${shellWord(services.postgres.url.path)})"`,
    `  audit trail      ${trail.command}`,
    `  rcm              ${profile.command} overview`,
    '                   and: logins --failing, login show ID, login history ID, login set ID, org add, endpoint add, audit verify (docs/rcm.md)',
    `  logs             ${folder.logs}`,
    `  data folder      ${folder.root}${folder.kept ? '' : ' (removed at the end; --data DIR keeps one)'}`,
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

const TASK = `{"portal_type":"alpine","task":"claim_status","input":{"claim_number":"CLM-1001"}}`;

/** To be copied into a terminal as they are. */
const apiLines = (url: string, { tokenRequest }: Doors): readonly string[] => [
  `  API              ${url} (docs/tasks.md); as a service of the North Hospital:`,
  `    TOKEN=$(curl --config ${shellWord(tokenRequest)} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
  `    curl -s ${url}/v1/tasks -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: first" -H "Content-Type: application/json" -d '${TASK}'`,
  `    curl -s "${url}/v1/tasks?limit=1" -H "Authorization: Bearer $TOKEN"`,
];
