import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarm, alarmNames, metric } from '@rcm/telemetry';
import { beforeAll, describe, expect, it } from 'vitest';
import { toldEvents } from './stacks/events.ts';
import { type Synthesised, synthesised } from './stacks/synthesised.fixture.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'docs', 'runbooks');
const names = readdirSync(folder).filter((name) => name !== 'README.md');
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
/** What stands in a page's heading, by page. */
const heads = new Map(names.map((name) => [name.replace(/\.md$/, ''), (/^# (.*)$/m.exec(text(name))?.[1] ?? '').split(', ')]));

let made: Synthesised;
let told: readonly string[];
beforeAll(() => {
  made = synthesised();
  const alarms = made.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => String(Properties.AlarmName));
  told = [...new Set([...alarms, ...made.environments.flatMap((environment) => toldEvents(environment).map(({ name }) => name))])];
});

describe('docs/runbooks', () => {
  it('has one page for each alarm and event that is deployed, which begins with its name; and none for another', () => {
    expect(told.length).toBeGreaterThan(30);
    const headed = [...heads.values()].flat().filter((name) => name.startsWith('rcm-'));
    expect([...headed].sort()).toEqual([...told].sort());
  });

  it.each(alarmNames)('%s leads to the page that begins with it', (name) => {
    expect(heads.get(alarm(name).runbook)).toContain(name);
  });

  it.each(names)('%s begins with its names and ends with how one knows that it is over', (name) => {
    expect(text(name).startsWith('# ')).toBe(true);
    const sections = [...text(name).matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(sections).toEqual(['Do', 'Over when']);
  });

  it('says what each reason means that codes are missing for', () => {
    const reasons = (['rcm_mailbox_failures_total', 'rcm_gateway_refusals_total'] as const).flatMap((name) => metric(name).labels?.reason ?? []);
    expect(reasons.length).toBeGreaterThan(9);
    expect(reasons.filter((reason) => !text('codes-missing.md').includes(`\`${reason}\``))).toEqual([]);
  });

  it('names schedules that there are', () => {
    const schedules = made.ofType('AWS::Scheduler::Schedule').map(({ Properties }) => String(Properties.Name));
    const named = names.flatMap((page) => [...text(page).matchAll(/\bschedules?\s+`([^`]+)`/g)].map(([, name = '']) => name));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !schedules.includes(name))).toEqual([]);
  });

  it('has every page in its index, with the names that it begins with', () => {
    const index = text('README.md');
    for (const [page, of] of heads) {
      const row = index.split('\n').find((line) => line.includes(`](${page}.md)`)) ?? '';
      for (const name of of) expect(row.toLowerCase()).toContain(name.toLowerCase());
    }
  });
});
