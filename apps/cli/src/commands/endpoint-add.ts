import { RcmError } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';
import { added, type Added, examined, type Outcome, type Person, type Proof, proved } from '../onboarding/add.ts';
import { defaultId, loginsInFile, type NewLogin } from '../onboarding/new-login.ts';
import { readPayload } from '../onboarding/typed-payload.ts';
import type { LeftOut } from '../imports/item.ts';
import type { Mapped } from '../imports/logins-of.ts';
import type { ImportFormat } from '../imports/formats.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface EndpointAddOptions {
  readonly csv?: string;
  readonly from?: ImportFormat;
  readonly file?: string;
  readonly mapping?: string;
  readonly prefix?: string;
  readonly id?: string;
  readonly org?: string;
  readonly portal?: string;
  readonly account?: string;
  readonly baseUrl?: string;
  readonly dryRun?: boolean;
  readonly unproved?: boolean;
}

/**
 * Registers endpoints and puts their logins straight into the store: the row as `rcm_operator`, the secret with the migrator's rights, the proof with the rotator's. Where
 * one row cannot be used, none is begun. Well where every login is in the store and, unless it was told not to, accepted by its portal.
 */
export async function endpointAdd(environment: NodeJS.ProcessEnv, options: EndpointAddOptions, person: Person, signal: AbortSignal): Promise<Report> {
  const { logins, wrong, leftOut } = await wanted(environment, options, signal);
  const looked = [...wrong.map(unusable), ...(await asOperator(environment, (db) => examined(db, logins)))];
  if (options.dryRun || looked.length === 0 || looked.some(({ outcome }) => outcome === 'invalid'))
    return reportOf(looked, options.dryRun ? 'dry run' : 'refused', leftOut);
  const stored = await asOperator(environment, async (db) => {
    const { withOnboarding } = await import('@rcm/migrator');
    return withOnboarding(environmentFor('migrator', environment), async ({ onboard }) => {
      const answers: Added[] = [];
      for (const login of logins)
        answers.push(signal.aborted ? { id: login.id, outcome: 'failed', problem: 'cancelled' } : await added(db, onboard, login, person));
      return answers;
    });
  });
  return reportOf(options.unproved ? stored : await prove(environment, stored, person, signal), 'done', leftOut);
}

/** One that is typed, a file's, or those of another program's export or store. Fails with `input_invalid`, and as a store does. */
async function wanted(environment: NodeJS.ProcessEnv, options: EndpointAddOptions, signal: AbortSignal): Promise<Mapped> {
  const { csv, from, file, mapping, prefix } = options;
  if (from !== undefined) return imported(environment, { ...options, from }, signal);
  if (file !== undefined || mapping !== undefined || prefix !== undefined)
    throw new RcmError('input_invalid', 'Say whose logins they are, with --from. Nothing was done.');
  return { logins: csv === undefined ? [await typed(options, signal)] : loginsInFile(csv), wrong: [], leftOut: [] };
}

/** A program's export is a file; of a store, the names begin alike. */
async function imported(
  environment: NodeJS.ProcessEnv,
  { csv, from, file, mapping, prefix }: EndpointAddOptions & { readonly from: ImportFormat },
  signal: AbortSignal,
): Promise<Mapped> {
  const [place, other, takes] =
    from === 'secrets-manager' ? [prefix, file, 'how the secrets’ names begin by --prefix'] : [file, prefix, 'the export by --file'];
  if (place === undefined || mapping === undefined || other !== undefined || csv !== undefined)
    throw new RcmError(
      'input_invalid',
      `With --from ${from}, give ${takes}, what is to be made of it by --mapping (docs/imports.md), and nothing else. Nothing was done.`,
    );
  const { mappingIn, readImport } = await import('../imports/read-import.ts');
  if (from !== 'secrets-manager') return readImport({ from, file: place, mapping });
  const { readAwsSecrets } = await import('../imports/aws-secrets.ts');
  return readAwsSecrets(environment, { prefix: place, mapping: mappingIn(mapping), signal });
}

const unusable = ({ place, why }: LeftOut): Added => ({ id: `item ${place}`, outcome: 'invalid', problem: why });

const IN_THE_STORE: ReadonlySet<Outcome> = new Set(['stored', 'already']);

/** What is in the store, also where an earlier call stored it and came no further. */
async function prove(environment: NodeJS.ProcessEnv, stored: readonly Added[], person: Person, signal: AbortSignal): Promise<readonly Added[]> {
  if (!stored.some(({ outcome }) => IN_THE_STORE.has(outcome))) return stored;
  const { lastAnswer, openRotator, readRotatorConfig, verifyLogin } = await import('@rcm/rotator');
  const opened = openRotator(readRotatorConfig(environmentFor('rotator', environment)));
  const proof: Proof = {
    lastAnswer: (endpointId) => lastAnswer(opened, endpointId, signal),
    login: (endpointId) => verifyLogin(opened, { endpointId, ...person }, signal),
  };
  try {
    const answers: Added[] = [];
    for (const each of stored) answers.push(IN_THE_STORE.has(each.outcome) ? await proved(each, proof) : each);
    return answers;
  } finally {
    await opened.close();
  }
}

async function typed({ id, org = '', portal = '', account = '', baseUrl }: EndpointAddOptions, signal: AbortSignal): Promise<NewLogin> {
  const missing = Object.entries({ '--org': org, '--portal': portal, '--account': account }).flatMap(([name, value]) => (value === '' ? [name] : []));
  if (missing.length > 0) throw new RcmError('input_invalid', `Say ${missing.join(', ')}, or --csv FILE, or --from. Nothing was done.`);
  const place = { organization: org, portalType: portal, account };
  return { ...place, id: id ?? defaultId(place), baseUrl: baseUrl ?? null, payload: await readPayload(signal) };
}

const GOOD: ReadonlySet<Outcome> = new Set(['valid', 'stored', 'already', 'proved']);

/** How many of what was left out are named: a vault may hold thousands of other things. */
const MOST_NAMED = 20;

/** By why, with the first places. */
function leftOutLines(leftOut: readonly LeftOut[]): readonly string[] {
  const places = Map.groupBy(leftOut, ({ why }) => why);
  return [...places].map(([why, items]) => {
    const named = items.slice(0, MOST_NAMED).map(({ place }) => place);
    const which = items.length === 1 ? '1 item, as it' : `${items.length} items, as each`;
    return `left out: ${which} ${why} (${named.join(', ')}${items.length > MOST_NAMED ? ', …' : ''})`;
  });
}

function reportOf(answers: readonly Added[], mode: 'dry run' | 'refused' | 'done', leftOut: readonly LeftOut[]): Report {
  const bad = answers.filter(({ outcome }) => !GOOD.has(outcome)).length;
  const last = {
    nothing: 'nothing was done: no login to add was found',
    'dry run': `a dry run: nothing was done; ${answers.length - bad} of ${answers.length} could be added`,
    refused: `nothing was done: ${bad} of ${answers.length} cannot be used`,
    done: `${answers.length - bad} of ${answers.length} are as they should be`,
  }[answers.length === 0 ? 'nothing' : mode];
  return {
    json: { mode, endpoints: answers, wrong: bad, leftOut },
    lines: (view) => [
      ...table(
        view,
        [{ title: 'LOGIN' }, { title: 'OUTCOME' }, { title: 'PROBLEM', shrinks: true }],
        answers.map(({ id, outcome, problem }) => [{ text: id }, { text: outcome, style: GOOD.has(outcome) ? 'green' : 'red' }, { text: problem ?? '' }]),
      ),
      ...leftOutLines(leftOut),
      last,
    ],
    // Whoever names an export has logins in it: where the mapping or the export is another, all is not well.
    well: bad === 0 && answers.length > 0,
  };
}
