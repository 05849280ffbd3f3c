import { RcmError } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';
import { added, type Added, examined, type Outcome, type Person, proved } from '../onboarding/add.ts';
import { defaultId, loginsInFile, type NewLogin } from '../onboarding/new-login.ts';
import { readPayload } from '../onboarding/typed-payload.ts';
import { asOperator } from '../operator.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface EndpointAddOptions {
  readonly csv?: string;
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
  const logins = options.csv === undefined ? [await typed(options, signal)] : loginsInFile(options.csv);
  const looked = await asOperator(environment, (db) => examined(db, logins));
  if (options.dryRun || looked.some(({ outcome }) => outcome === 'invalid')) return reportOf(looked, options.dryRun ? 'dry run' : 'refused');
  const stored = await asOperator(environment, async (db) => {
    const { withOnboarding } = await import('@rcm/migrator');
    return withOnboarding(environmentFor('migrator', environment), async (onboard) => {
      const answers: Added[] = [];
      for (const login of logins)
        answers.push(signal.aborted ? { id: login.id, outcome: 'failed', problem: 'cancelled' } : await added(db, onboard, login, person));
      return answers;
    });
  });
  return reportOf(options.unproved ? stored : await prove(environment, stored, person, signal), 'done');
}

/** Those that this call stored; what was there before is `rcm login verify`'s to prove. */
async function prove(environment: NodeJS.ProcessEnv, stored: readonly Added[], person: Person, signal: AbortSignal): Promise<readonly Added[]> {
  if (!stored.some(({ outcome }) => outcome === 'stored')) return stored;
  const { openRotator, readRotatorConfig, verifyLogin } = await import('@rcm/rotator');
  const opened = openRotator(readRotatorConfig(environmentFor('rotator', environment)));
  try {
    const answers: Added[] = [];
    for (const each of stored)
      answers.push(each.outcome === 'stored' ? await proved(each.id, () => verifyLogin(opened, { endpointId: each.id, ...person }, signal)) : each);
    return answers;
  } finally {
    await opened.close();
  }
}

async function typed({ id, org = '', portal = '', account = '', baseUrl }: EndpointAddOptions, signal: AbortSignal): Promise<NewLogin> {
  const missing = Object.entries({ '--org': org, '--portal': portal, '--account': account }).flatMap(([name, value]) => (value === '' ? [name] : []));
  if (missing.length > 0) throw new RcmError('input_invalid', `Say ${missing.join(', ')}, or --csv FILE. Nothing was done.`);
  const place = { organization: org, portalType: portal, account };
  return { ...place, id: id ?? defaultId(place), baseUrl: baseUrl ?? null, payload: await readPayload(signal) };
}

const GOOD: ReadonlySet<Outcome> = new Set(['valid', 'stored', 'already', 'proved']);

function reportOf(answers: readonly Added[], mode: 'dry run' | 'refused' | 'done'): Report {
  const bad = answers.filter(({ outcome }) => !GOOD.has(outcome)).length;
  const last = {
    'dry run': `a dry run: nothing was done; ${answers.length - bad} of ${answers.length} could be added`,
    refused: `nothing was done: ${bad} of ${answers.length} cannot be used`,
    done: `${answers.length - bad} of ${answers.length} are as they should be`,
  }[mode];
  return {
    json: { mode, endpoints: answers, wrong: bad },
    lines: (view) => [
      ...table(
        view,
        [{ title: 'LOGIN' }, { title: 'OUTCOME' }, { title: 'PROBLEM', shrinks: true }],
        answers.map(({ id, outcome, problem }) => [{ text: id }, { text: outcome, style: GOOD.has(outcome) ? 'green' : 'red' }, { text: problem ?? '' }]),
      ),
      last,
    ],
    well: bad === 0,
  };
}
