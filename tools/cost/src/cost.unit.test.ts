import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternatives, breakEven } from './alternatives.ts';
import { runCost } from './cli.ts';
import { type Deployment, trafficOf } from './deployment.ts';
import { monthlyCost } from './monthly-cost.ts';
import type { CostReport } from './report.ts';

async function run(...args: readonly string[]) {
  const [out, error]: [string[], string[]] = [[], []];
  const exitCode = await runCost(args, { environment: {}, out: (text) => out.push(text), error: (text) => error.push(text) });
  return { exitCode, out: out.join(''), error: error.join('') };
}
const report = async (...args: readonly string[]) => JSON.parse((await run('--json', ...args)).out) as CostReport;

const TWO_THOUSAND: Deployment = {
  ssm: 2_000,
  secretsManager: 0,
  vault: 0,
  rotationsPerYear: 12_167,
  readsPerDay: 24,
  hitRatio: 0.9,
  advancedShare: 0,
  throughput: 'standard',
  namesPerCall: 2,
  peakFactor: 20,
  regions: 1,
};

describe('docs/cost.md', () => {
  const guide = readFileSync(new URL('../../../docs/cost.md', import.meta.url), 'utf8');
  const rows = [...guide.matchAll(/^\| `(--[^`]+)` +\| \$([\d,.]+) +\|$/gm)].map(([, options = '', usd = '']) => ({
    options,
    usd: Number(usd.replaceAll(',', '')),
  }));

  it('has worked numbers', () => expect(rows.length).toBeGreaterThan(5));

  it.each(rows)('says what $options costs', async ({ options, usd }) => {
    expect((await report(...options.split(' '))).monthly.usd).toBe(usd);
  });

  it('says from where on higher throughput is needed', async () => {
    for (const args of [[], ['--hit-ratio', '0']]) {
      const { breakEven: even } = await report('--credentials', '2000', ...args);
      expect(guide).toContain(even.higherThroughputFromCredentials?.toLocaleString('en-US'));
    }
  });
});

describe('the monthly cost', () => {
  it('is the sum of its lines by hand: one key, a request to KMS for each read and rotation', () => {
    // 2,000 x 24 x 30.4167 x 0.1 = 146,000 misses, 12,167 / 12 x 10 = 10,139 calls of rotations, at $0.03 for 10,000.
    expect(monthlyCost(TWO_THOUSAND)).toMatchObject({ usd: 1.47 });
    expect(monthlyCost(TWO_THOUSAND).lines.find(({ what }) => what === 'KMS requests')).toMatchObject({ quantity: 156_139, usd: 0.47 });
  });

  it('never falls where there are more credentials, more reads or fewer hits', () => {
    const deployments = fc.record({
      ...{ ssm: fc.nat(300_000), secretsManager: fc.nat(300_000), vault: fc.nat(1_000), rotationsPerYear: fc.nat(1_000_000) },
      ...{ readsPerDay: fc.nat(10_000), hitRatio: fc.double({ min: 0, max: 1, noNaN: true }), advancedShare: fc.double({ min: 0, max: 1, noNaN: true }) },
      ...{
        throughput: fc.constantFrom('standard' as const, 'higher' as const),
        namesPerCall: fc.integer({ min: 1, max: 10 }),
        peakFactor: fc.integer({ min: 1, max: 100 }),
      },
      regions: fc.constantFrom(1 as const, 2 as const),
    });
    fc.assert(
      fc.property(deployments, (deployment) => {
        const { usd } = monthlyCost(deployment);
        // A cent of rounding in each of seven lines.
        const least = usd - 0.08;
        expect(monthlyCost({ ...deployment, readsPerDay: deployment.readsPerDay + 1 }).usd).toBeGreaterThanOrEqual(least);
        expect(monthlyCost({ ...deployment, hitRatio: deployment.hitRatio / 2 }).usd).toBeGreaterThanOrEqual(least);
        expect(monthlyCost({ ...deployment, secretsManager: deployment.secretsManager + 100 }).usd).toBeGreaterThanOrEqual(least);
        expect(monthlyCost({ ...deployment, regions: 2 }).usd).toBeGreaterThanOrEqual(least);
      }),
    );
  });
});

describe('the break-even', () => {
  it('is where the busiest second reaches the quota: one credential fewer is enough for it', () => {
    const from = breakEven(TWO_THOUSAND).higherThroughputFromCredentials ?? 0;
    expect(trafficOf({ ...TWO_THOUSAND, ssm: from }).peakCallsPerSecond).toBeGreaterThan(40);
    expect(trafficOf({ ...TWO_THOUSAND, ssm: from - 1 }).peakCallsPerSecond).toBeLessThanOrEqual(40);
    const busy = { ...TWO_THOUSAND, ssm: 400_000 };
    const hitRatio = breakEven(busy).hitRatioForStandardThroughput;
    expect(trafficOf({ ...busy, hitRatio }).peakCallsPerSecond).toBeLessThanOrEqual(40.000_001);
    expect(trafficOf({ ...busy, hitRatio: hitRatio - 0.001 }).peakCallsPerSecond).toBeGreaterThan(40);
  });

  it('puts the cheapest possible way first, and says why another is not possible', () => {
    expect(alternatives(TWO_THOUSAND).map(({ name }) => name)).toEqual(['SSM, standard throughput', 'SSM, higher throughput', 'Secrets Manager']);
    expect(alternatives({ ...TWO_THOUSAND, ssm: 50_000, hitRatio: 0 })).toMatchObject([
      { name: 'SSM, higher throughput' },
      { name: 'Secrets Manager' },
      { name: 'SSM, standard throughput', impossible: expect.stringContaining('SSM answers 40') },
    ]);
    expect(alternatives({ ...TWO_THOUSAND, ssm: 150_000 })[0]?.name).toBe('Secrets Manager');
  });
});

describe('the command', () => {
  it.each([
    ['--hit-ratio', '1.1'],
    ['--credentials', 'many'],
    ['--credentials', '1.5'],
    ['--credentials', ''],
    ['--names-per-call', '11'],
    ['--throughput', 'most'],
    ['--unknown'],
  ])('refuses %s %s with exit code 2 and a sentence', async (...args) => {
    const { exitCode, out, error } = await run(...args);
    expect([exitCode, out]).toEqual([2, '']);
    expect(error).toMatch(/^error: /);
  });

  it('says what is missing where there is neither a database nor a count', async () => {
    const { exitCode, error, out } = await run('--json');
    expect(exitCode).toBe(2);
    expect(error).toContain('--credentials 2000');
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'config_invalid' } });
  });

  it('costs nothing where there is nothing, and divides by nothing', async () => {
    expect((await report('--credentials', '0', '--reads-per-day', '0')).monthly.usd).toBe(0);
    expect((await run('--credentials', '0')).out).not.toMatch(/NaN|Infinity|null/);
  });

  it('shows its help with exit code 0', async () => {
    const { exitCode, out } = await run('--help');
    expect([exitCode, out.includes('Exit codes: 0 done')]).toEqual([0, true]);
  });
});
