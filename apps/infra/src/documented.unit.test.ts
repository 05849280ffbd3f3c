import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configurationSchema } from './configuration/configuration.ts';
import { type Synthesised, synthesised } from './stacks/synthesised.fixture.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
const page = (name: string): string => readFileSync(join(docs, name), 'utf8');

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

/** Names of members, wherever they stand in the schema. */
function members(schema: unknown): string[] {
  if (schema === null || typeof schema !== 'object') return [];
  const { properties = {}, ...rest } = schema as { properties?: Record<string, unknown> };
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(members),
    ...Object.values(rest)
      .flatMap((each) => (Array.isArray(each) ? each : [each]))
      .flatMap(members),
  ];
}

describe('docs/credential-infrastructure.md', () => {
  it('has every member of infra.yaml', () => {
    const known = new Set(members(z.toJSONSchema(configurationSchema, { io: 'input', unrepresentable: 'any' })));
    expect(known.size).toBeGreaterThan(35);
    const text = page('credential-infrastructure.md');
    const named = new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => code.split(/[^A-Za-z0-9]+/)));
    expect([...known].filter((member) => !named.has(member))).toEqual([]);
  });

  it('has every stack, in the order of deployment', () => {
    const [, rows = ''] = page('credential-infrastructure.md').split('## Stacks');
    const listed = [...rows.split('## infra.yaml')[0]!.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    const stacks = [...made.templates.keys()]
      .filter((name) => name.startsWith('rcm-prod-') && !name.includes('-store-'))
      .map((name) => name.slice('rcm-prod-'.length));
    expect(listed).toEqual(stacks);
  });
});

describe('docs/upgrade.md', () => {
  it('stops whatever starts a process beside a service: what is scaled, and what runs at its time', () => {
    const [, stopping = ''] = page('upgrade.md').split('## Where processes must stop');
    const text = stopping.split('\n## ')[0] ?? '';
    const schedules = made.ofType('AWS::Scheduler::Schedule').map(({ Properties }) => String(Properties.Name));
    const scaled = made.ofType('AWS::ApplicationAutoScaling::ScalableTarget').map(({ Properties }) => String(Properties.ResourceId));
    expect([schedules.length, scaled.length].every((count) => count > 0)).toBe(true);
    expect([...schedules, ...scaled].filter((name) => !text.includes(name))).toEqual([]);
  });

  it('is where other pages lead to that have processes stopped', () => {
    const pages = ['rotation.md', 'keys.md', 'runbooks/database.md'];
    expect(pages.filter((name) => !page(name).includes('upgrade.md#where-processes-must-stop'))).toEqual([]);
  });
});

describe('docs/deploy.md', () => {
  const text = page('deploy.md');
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);

  it('deploys every stack of the first account, each after those that it needs', () => {
    expect(all(/^\| \d+ \| `(rcm-prod-[a-z-]+)` \|/gm)).toEqual(
      [...made.templates.keys()].filter((name) => name.startsWith('rcm-prod-') && !name.includes('-store-')),
    );
  });

  it('has people protect stacks against deletion, which no template says', () => {
    const wanted = made.app.synth().stacks.filter(({ terminationProtection }) => terminationProtection === true);
    expect(wanted.length).toBeGreaterThan(5);
    expect(all(/(aws cloudformation update-termination-protection --enable-termination-protection)/g)).toHaveLength(1);
  });

  it('has somebody told, who is woken by what begins so, and tries it with an alarm that is there', () => {
    const topics = new Set(made.ofType('AWS::SNS::Topic', /prod/).map(({ Properties }) => String(Properties.TopicName)));
    const subscribed = all(/aws sns subscribe [^\n]*:([a-z-]+) --protocol/g);
    expect(subscribed).toEqual([...topics]);
    const alarms = made.ofType('AWS::CloudWatch::Alarm', /prod-alerts/).map(({ Properties }) => [Properties.AlarmName, Properties.AlarmDescription] as const);
    const [prefix = 'nothing'] = all(/\\"prefix\\":\\"([^"\\]+)/g);
    const [tried] = all(/set-alarm-state [^\n]*--alarm-name ([a-z-]+)/g);
    expect(alarms.find(([name]) => name === (tried as never))?.[1]).toMatch(new RegExp(`^${prefix}`));
  });

  it('fills every secret that processes start with, and names no other', () => {
    const secrets = made.ofType('AWS::SecretsManager::Secret', /prod/).map(({ Properties }) => String(Properties.Name));
    expect(all(/^\| `(rcm-platform\/prod\/[a-z-]+)` \|/gm).sort()).toEqual(secrets.sort());
  });

  it('runs task definitions, in a cluster, with logs, parameters and outputs that are there', () => {
    const families = made.ofType('AWS::ECS::TaskDefinition').map(({ Properties }) => String(Properties.Family));
    const tasks = all(/--task-definition ([a-z-]+)/g);
    expect(tasks).toEqual(['rcm-db-migrate']);
    expect(tasks.filter((task) => !families.includes(task))).toEqual([]);
    expect(families).toContain('rcm-migrator');
    expect(made.ofType('AWS::ECS::Cluster').map(({ Properties }) => String(Properties.ClusterName))).toEqual(['rcm', 'rcm']);
    expect(made.ofType('AWS::Logs::LogGroup').map(({ Properties }) => String(Properties.LogGroupName))).toContain('/rcm/db-migrate');
    expect(Object.keys(made.templates.get('rcm-prod-replica')!.Parameters ?? {})).toEqual(all(/--parameter-overrides ([A-Za-z]+)=/g));
    expect(made.templates.get('rcm-prod-identity')).toMatchObject({ Outputs: { CredentialsKeyArn: expect.anything() } });
  });
});
