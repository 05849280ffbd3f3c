import { seededRandom } from '@rcm/local-aws/kit';
import { temporaryFolder } from '@rcm/test-services';
import type { Benchmark, BenchmarkResult, BenchmarkRun } from '../../benchmark.ts';
import { exactly, figure } from '../../targets.ts';
import { openMigrationEnvironment } from '../migration-environment.ts';
import { migratorProgram } from '../migrator-process.ts';
import { Judge } from './judge.ts';
import { Operator } from './operator.ts';
import { People } from './people.ts';
import { tellStory } from './story.ts';

const SEED = 15;

async function measureKills(run: BenchmarkRun): Promise<BenchmarkResult[]> {
  const { logins, deaths } = run.size === 'quick' ? { logins: 12, deaths: 4 } : { logins: 300, deaths: 50 };
  await using folder = await temporaryFolder('bench-migrator');
  await using testEnvironment = await openMigrationEnvironment({ logins, policies: 'none', quota: 'none' });
  const random = seededRandom(SEED);
  const people = new People(testEnvironment.db, { typed: testEnvironment.passwords, random });
  const judge = new Judge(testEnvironment.db, people, { endpoint: testEnvironment.proxy.endpoint, credentials: testEnvironment.admin });
  try {
    const operator = new Operator({ testEnvironment, program: await migratorProgram(folder.path), people, random, signal: run.signal });
    const { deaths: died, verdicts } = await tellStory({ operator, judge, people, logins, deaths, random, progress: (line) => run.progress(line) });
    run.progress(`${people.edits} edits by people, who took the row ${people.chosen('row')} times and the store ${people.chosen('store')} times`);
    const count = (kind: 'lost' | 'stale' | 'twice' | 'left') => new Set(verdicts.flatMap((verdict) => verdict[kind])).size;
    const name = `${logins} logins, killed ${died} times, ${people.edits} edits meanwhile`;
    const none = (what: 'lost' | 'stale' | 'twice' | 'left') =>
      figure({ name: `${name}: ${what === 'left' ? 'not moved' : what}`, value: count(what), unit: 'logins', target: exactly(0, 'none') });
    const killed = figure({ name: 'killed', value: died, unit: 'times', target: exactly(deaths) });
    return [...(['lost', 'stale', 'twice', 'left'] as const).map(none), killed];
  } finally {
    judge.close();
  }
}

/** The migrator's process is killed at random moments of the whole way, while people edit rows. */
export const kills: Benchmark = { name: 'kills', run: measureKills };
