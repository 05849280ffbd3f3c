import { isRcmError } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';
import type { Person } from '../onboarding/add.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

interface Looked {
  readonly id: string;
  readonly outcome: 'removed' | 'already' | 'still_there' | 'never_had_one' | 'failed';
  /** What the stores give out still: its place and path. */
  readonly lies: readonly string[];
  readonly problem: string | null;
}

const isWell = ({ outcome }: Looked): boolean => outcome !== 'still_there' && outcome !== 'failed';

/**
 * Looks, with the migrator's rights, whether the secrets of retired logins are gone, and notes of each that it is. Not well where one lies there still, or the store does
 * not say. Fails with `config_invalid`, `endpoint_unknown` before anything was noted of that one.
 */
export async function endpointRemoved(environment: NodeJS.ProcessEnv, ids: readonly string[], person: Person): Promise<Report> {
  const { withOnboarding } = await import('@rcm/migrator');
  const looked = await withOnboarding(environmentFor('migrator', environment), async ({ lookRemoved }) => {
    const answers: Looked[] = [];
    for (const id of ids)
      answers.push(
        await lookRemoved(id, person).then(
          (answer) => ({ id, ...answer, problem: null }),
          (error: unknown) => failed(id, error),
        ),
      );
    return answers;
  });
  const left = looked.filter((each) => !isWell(each)).length;
  return {
    json: { endpoints: looked, left },
    lines: (view) =>
      table(
        view,
        [{ title: 'LOGIN' }, { title: 'ITS SECRET' }, { title: 'WHY', shrinks: true }],
        looked.map((each) => [
          { text: each.id },
          { text: each.outcome.replaceAll('_', ' '), style: isWell(each) ? 'green' : 'red' },
          { text: each.problem ?? (each.outcome === 'still_there' ? `its store gives it out still: ${each.lies.join(', ')}` : '') },
        ]),
      ),
    well: left === 0,
  };
}

/** What is wrong with everything, and not with one of them. */
const OF_ALL: ReadonlySet<string> = new Set(['database_unavailable', 'config_invalid', 'input_invalid', 'cancelled']);

/** One that cannot be looked at says nothing of the others. */
function failed(id: string, error: unknown): Looked {
  if (!isRcmError(error) || OF_ALL.has(error.code)) throw error;
  return { id, outcome: 'failed', lies: [], problem: `${error.code}: ${error.message}` };
}
