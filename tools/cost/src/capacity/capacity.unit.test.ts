import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCapacity } from './cli.ts';
import { DEFAULTS, type Demand } from './demand.ts';
import { type Container, type Fleet, fleetFor, isNear, PARAMETERS, SSM_CALLS } from './fleet.ts';
import { capacityReport } from './report.ts';
import { UNIT_COSTS, type UnitCosts } from './unit-costs.ts';

const CONTAINER: Container = { processors: 2, gibibytes: 4, contexts: 4 };
/** Round figures, so that what is to come out can be worked out by hand. */
const COSTS = {
  task: { processorSeconds: 2, databaseSeconds: 0.1, walBytes: 1024, storeCalls: 2, ledgerRows: 1, auditRows: 3 },
  sessionTask: { processorSeconds: 1, databaseSeconds: 0.05, walBytes: 512, storeCalls: 0, ledgerRows: 0, auditRows: 1 },
  rotation: { processorSeconds: 4, contextSeconds: 20, databaseSeconds: 0.5, walBytes: 2048, storeCalls: 10, ledgerRows: 2, auditRows: 10 },
  rowBytes: { login: 1000, task: 1000, ledger: 500, rotation: 800, audit: 700 },
} as unknown as UnitCosts;

const fleet = (demand: Partial<Demand> & { readonly logins: number }, container: Partial<Container> = {}, costs = COSTS): Fleet =>
  fleetFor({ ...DEFAULTS, organizations: Math.ceil(demand.logins / 100), ...demand }, { webAgent: { ...CONTAINER, ...container }, rotator: CONTAINER }, costs);

describe('the model of a fleet', () => {
  it('works out the busiest hour, and who is needed for it', () => {
    const { peak, webAgents, rotators } = fleet({ logins: 28_800, tasksPerDay: 10, peakFactor: 3, rotationIntervalDays: 20 });
    expect(peak).toEqual({ tasksPerMinute: 600, loginsPerMinute: 600, rotationsPerMinute: 1 });
    // Four contexts of half a minute are eight a minute; two processors at 70% would do 42.
    expect(webAgents).toMatchObject({ perMinute: 8, boundBy: 'contexts', containers: 75 });
    expect(rotators).toMatchObject({ perMinute: 12, boundBy: 'contexts', containers: 2 });
  });

  it('is bound by processors where contexts are many, or their portal is quick', () => {
    const { webAgents } = fleet({ logins: 28_800, tasksPerDay: 10, peakFactor: 3 }, { contexts: 64 });
    expect(webAgents.boundBy).toBe('processors');
    expect(webAgents.perMinute).toBeCloseTo(42, 9);
    expect(webAgents.containers).toBe(15);
    expect(fleet({ logins: 28_800, taskSeconds: 1 }).webAgents.boundBy).toBe('processors');
  });

  it('takes less where tasks find their session open', () => {
    const [none, half] = [0, 0.5].map((sessionShare) => fleet({ logins: 100_000, sessionShare }, { contexts: 64 }));
    expect(half?.webAgents.perMinute).toBeCloseTo((none?.webAgents.perMinute ?? 0) * (2 / 1.5), 9);
    expect(half?.peak.loginsPerMinute).toBe((none?.peak.loginsPerMinute ?? 0) / 2);
    expect(half?.ssmCallsADay).toBeLessThan(none?.ssmCallsADay ?? 0);
  });

  it('counts what lies in the database, by the years that are kept', () => {
    const one = fleet({ logins: 1_000, tasksPerDay: 1, rotationIntervalDays: 10, keptYears: 1 });
    const aDay = 1_000 * (1_000 + 500 + 3 * 700) + 100 * (800 + 2 * 500 + 10 * 700);
    expect(one.database.gibibytes * 1024 ** 3).toBeCloseTo(1_000 * 1_000 + 365 * aDay, 0);
    expect(fleet({ logins: 1_000, tasksPerDay: 1, rotationIntervalDays: 10, keptYears: 3 }).database.gibibytes).toBeGreaterThan(2.9 * one.database.gibibytes);
    expect(one.database.walGibibytesADay * 1024 ** 3).toBeCloseTo(1_000 * 1024 + 100 * 2048, 0);
  });

  it('gives more of everything to more logins, and says which limit comes first', () => {
    const sizes = [2_000, 20_000, 200_000, 1_000_000].map((logins) => fleet({ logins }));
    const grows = (of: (one: Fleet) => number) => expect(sizes.map(of)).toEqual(sizes.map(of).toSorted((a, b) => a - b));
    grows(({ webAgents }) => webAgents.containers);
    grows(({ database }) => database.capacityUnits);
    grows(({ parameters }) => parameters);
    grows((one) => capacityReport(one).monthly.usd);
    expect(sizes.map(({ parameters }) => parameters)).toEqual([4_020, 40_200, 402_000, 2_010_000]);
    for (const { limits } of sizes)
      expect(limits.map(({ needed, limit }) => needed / limit)).toEqual(limits.map((l) => l.needed / l.limit).toSorted((a, b) => b - a));
    expect(sizes[0]?.limits.filter(isNear)).toEqual([]);
    // What an account holds and answers is no end where there are as many as it takes.
    expect(sizes.map(({ accounts }) => accounts)).toEqual([1, 5, 45, 223]);
    expect(
      fleet({ logins: 200_000, accounts: 1 })
        .limits.filter(isNear)
        .map(({ what }) => what),
    ).toEqual([PARAMETERS, SSM_CALLS]);
    // Each agent has ten connections, each process a session of each tenant in an hour.
    const short = ['connections of one database', 'new tenant sessions'];
    expect(
      sizes[3]?.limits
        .filter(isNear)
        .map(({ what }) => what)
        .sort(),
    ).toEqual(short.sort());
  });

  it('is built of figures that were measured, none of which is missing', () => {
    const figures = (value: unknown): number[] => (typeof value === 'number' ? [value] : Object.values(value as object).flatMap(figures));
    expect(figures(UNIT_COSTS).filter((figure) => !(figure >= 0))).toEqual([]);
    const { task, sessionTask, rotation } = UNIT_COSTS;
    expect(figures({ task, rotation, rowBytes: UNIT_COSTS.rowBytes }).filter((figure) => figure === 0)).toEqual([]);
    // What it says would not hold, if a login cost less than none.
    expect(sessionTask.processorSeconds).toBeLessThan(task.processorSeconds);
    expect(task.processorSeconds).toBeLessThan(rotation.processorSeconds);
  });
});

describe('npm run capacity', () => {
  const run = (...args: string[]) => {
    const said = { out: '', error: '' };
    const code = runCapacity(args, { environment: {}, out: (text) => void (said.out += text), error: (text) => void (said.error += text) });
    return { code, ...said };
  };

  it('prints for people, and one JSON object for machines', () => {
    expect(run('--logins', '2000')).toMatchObject({ code: 0, out: expect.stringContaining('2,000 logins of 20 organizations') });
    expect(JSON.parse(run('--logins', '2000', '--json').out)).toMatchObject({ demand: { logins: 2000, organizations: 20 }, parameters: 4020 });
  });

  it.each([[[]], [['--logins', '0']], [['--logins', 'many']], [['--logins', '10', '--peak-factor', '25']], [['--logins', '10', '--contexts', '1.5']]])(
    'says what is wrong: %j',
    (args) => {
      const { code, out, error } = run(...args);
      expect([code, out]).toEqual([2, '']);
      expect(error).toMatch(/--\w/);
    },
  );

  it('computes the table of docs/scale.md', () => {
    const page = readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'scale.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `--logins (\d+)` \|(.+)\|$/gm)];
    expect(rows.map(([, logins]) => logins)).toEqual(['2000', '20000', '200000', '1000000']);
    for (const [, logins, cells] of rows) {
      const { webAgents, rotators, accounts, database, limits, monthly } = JSON.parse(run('--logins', logins ?? '', '--json').out) as ReturnType<
        typeof capacityReport
      >;
      const [first] = limits;
      const figure = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
      expect(cells?.split('|').map((cell) => cell.trim())).toEqual([
        ...[
          webAgents.containers,
          rotators.containers,
          accounts,
          database.capacityUnits,
          database.connections,
          database.gibibytes,
          database.walGibibytesADay,
        ].map(figure),
        `$${Math.round(monthly.usd).toLocaleString('en-US')}`,
        `${first?.what ?? ''} (${figure(((first?.needed ?? 0) / (first?.limit ?? 1)) * 100)}%)`,
      ]);
    }
  });
});
