import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { runInfra } from '../cli.ts';
import { readConfiguration } from './read-configuration.ts';
import { EXAMPLE, folder, portalType, problems, set, withFolder, written, type Written } from './written.fixture.ts';

withFolder();

const CERTIFICATE = 'arn:aws:acm:us-east-1:222222222222:certificate/00000000-0000-0000-0000-000000000001';

test('the example is read, with the hosts of its portal types', () => {
  const [dev, prod] = readConfiguration(join(EXAMPLE, 'infra.yaml'));
  expect(dev).toMatchObject({ name: 'dev', portals: { names: ['login.sample-payer.example', 'portal.sample-payer.example'], ports: [443] } });
  expect(prod).toMatchObject({ name: 'prod', auditHeads: { keepDays: 2557 }, portals: { ports: [443, 8443] } });
});

describe('a wrong file gives a line that says what and where:', () => {
  it.each<[string, (yaml: Written) => void, string]>([
    ['a member that nobody knows', set('dev.netwrk', {}), 'environments.dev: Unrecognized key: "netwrk"'],
    ['an account without quotes', set('dev.account', 111111111111), 'environments.dev.account: must be twelve digits in quotes'],
    ['an image by its tag', set('dev.images.rotator', 'x.dkr/rotator:latest'), 'environments.dev.images.rotator: must be an image in ECR by its digest'],
    [
      'an image of another region',
      set('dev.region', 'us-west-2'),
      'environments.dev.images.webAgent: is not in us-west-2, where the network has an endpoint of ECR',
    ],
    ['a region of another partition', set('prod.replica.region', 'us-gov-west-1'), 'environments.prod.replica.region: is in partition aws-us-gov, not in aws'],
    ['a partition that the region is not in', set('dev.partition', 'aws-cn'), 'environments.dev.region: is in partition aws, not in aws-cn'],
    [
      'a certificate of another partition',
      set('prod.api.certificateArn', CERTIFICATE.replace('arn:aws:', 'arn:aws-cn:')),
      'environments.prod.api.certificateArn: is not of partition aws',
    ],
    [
      'a further account in another partition',
      set('prod.storeAccounts.0.regions', ['us-east-1', 'cn-north-1']),
      'environments.prod.storeAccounts.0.regions.1: is in partition aws-cn, not in aws',
    ],
    ['a zone of another region', set('dev.network.zones', ['us-east-1a', 'eu-west-1b']), 'environments.dev.network.zones.1: is not in us-east-1'],
    ['a member that is missing', set('dev.stage', undefined), 'environments.dev.stage: is missing'],
    ['a part that is missing', set('dev.network', undefined), 'environments.dev.network: is missing'],
    ['a zone twice', set('dev.network.zones', ['us-east-1a', 'us-east-1a']), 'environments.dev.network.zones.1: names us-east-1a a second time'],
    ['a public network', set('dev.network.cidr', '8.8.8.0/20'), 'environments.dev.network.cidr: must be a private range'],
    [
      'a certificate of another region',
      set('prod.api.certificateArn', CERTIFICATE.replace('us-east-1', 'us-west-2')),
      'environments.prod.api.certificateArn: is not in us-east-1',
    ],
    [
      'a certificate of another account',
      set('prod.api.certificateArn', CERTIFICATE.replace('2222', '1111')),
      'environments.prod.api.certificateArn: is not of account 222222222222',
    ],
    [
      'a console without its image',
      (yaml) => {
        set('prod.images.console', undefined)(yaml);
      },
      'environments.prod.images.console: is missing',
    ],
    [
      'a certificate of another region for the console',
      set('prod.console.certificateArn', CERTIFICATE.replace('us-east-1', 'us-west-2')),
      'environments.prod.console.certificateArn: is not in us-east-1',
    ],
    ['a console at a path', set('prod.console.url', 'https://logins.example/console'), 'environments.prod.console.url: must be https://HOST'],
    ['a console without TLS', set('prod.console.url', 'http://logins.example'), 'environments.prod.console.url: must be an https address'],
    [
      'an issuer at a port that the network does not let out',
      set('prod.console.issuer', 'https://sign-in.example:8443/staff'),
      'environments.prod.console.issuer: must be at port 443 of a host name',
    ],
    ['a role that there is not', set('prod.console.roles', ['ops=admin@*']), 'environments.prod.console.roles.0: must be GROUP=ROLE@ORGANIZATION'],
    ['a role twice', set('prod.console.roles', ['ops=viewer@*', 'ops=viewer@*']), 'environments.prod.console.roles.1: names ops=viewer@* a second time'],
    [
      'a host of the issuer with a port',
      set('prod.console.issuerHosts', ['x.example:8443']),
      'environments.prod.console.issuerHosts.0: must be the name of a host',
    ],
    ['callers from everywhere', set('prod.api.callers', ['0.0.0.0/0']), 'environments.prod.api.callers.0: is wider than a private network: /8 at most'],
    ['a caller twice', set('prod.api.callers', ['10.0.0.0/8', '10.0.0.0/8']), 'environments.prod.api.callers.1: names 10.0.0.0/8 a second time'],
    ['keys without TLS', set('prod.api.jwksUrl', 'http://identity.example/keys'), 'environments.prod.api.jwksUrl: must be an https address'],
    [
      'keys at a port that the network does not let out',
      set('prod.api.jwksUrl', 'https://identity.example:8443/keys'),
      'environments.prod.api.jwksUrl: must be at port 443 of a host name',
    ],
    ['an old Postgres', set('prod.database.engineVersion', '15.4'), 'environments.prod.database.engineVersion: must be PostgreSQL 16 or newer'],
    ['capacity upside down', set('prod.database.capacity', { min: 4, max: 2 }), 'environments.prod.database.capacity: min is more than max'],
    ['a size that Fargate does not have', set('dev.rotator.size', { cpu: 1024, memory: 16384 }), 'environments.dev.rotator.size: is no size that Fargate has'],
    ['more tasks at least than at most', set('dev.webAgent.tasks', { min: 3, max: 2 }), 'environments.dev.webAgent.tasks.min: is more than max'],
    ['a second region that is the first', set('prod.replica.region', 'us-east-1'), 'environments.prod.replica.region: is the first region'],
    [
      'a store account twice',
      set(
        'prod.storeAccounts',
        [1, 2].map(() => ({ account: '444444444444', regions: ['us-east-1'] })),
      ),
      'environments.prod.storeAccounts.1.account: names 444444444444 a second time',
    ],
    [
      'its own account as a further one',
      set('prod.storeAccounts', [{ account: '222222222222', regions: ['us-east-1'] }]),
      'environments.prod.storeAccounts.0.account: is the account of the processes',
    ],
    [
      'a region of a store twice',
      set('prod.storeAccounts', [{ account: '444444444444', regions: ['us-east-1', 'us-east-1'] }]),
      'environments.prod.storeAccounts.0.regions.1: names us-east-1 a second time',
    ],
    [
      'a store in a region without endpoints',
      set('prod.storeAccounts', [{ account: '444444444444', regions: ['us-west-2', 'us-east-1'] }]),
      'environments.prod.storeAccounts.0.regions.0: is not us-east-1',
    ],
    [
      'a store without a place for copies',
      set('prod.storeAccounts', [{ account: '444444444444', regions: ['us-east-1'] }]),
      'environments.prod.storeAccounts.0.regions: have no us-west-2',
    ],
    ['an account of two environments', set('dev.account', '222222222222'), 'environments.prod: uses account 222222222222, which is dev'],
    [
      'a store of another environment',
      set('prod.storeAccounts', [{ account: '111111111111', regions: ['us-east-1'] }]),
      'environments.prod: uses account 111111111111, which is dev',
    ],
    ['a bucket of two environments', set('dev.auditHeads.bucket', 'rcm-heads-222222222222'), "environments.prod.auditHeads.bucket: is dev's too"],
    [
      'one bucket for heads and backups',
      set('prod.backups.bucket', 'rcm-heads-222222222222'),
      'environments.prod.backups.bucket: is the bucket of audit heads',
    ],
    [
      'a recipient with one letter wrong',
      set('prod.backups.recipients', ['age1kmhzmvu7wfrkqxhc34zent25yfurluqhgky8vsxss9uy74qukfus3qumxm']),
      'environments.prod.backups.recipients.0: must be what `age-keygen -y` prints',
    ],
    ['backups that nobody could open', set('prod.backups.recipients', []), 'environments.prod.backups.recipients: '],
    ['a quota of nothing', set('prod.quotas', { ssmReads: 0 }), 'environments.prod.quotas.ssmReads: Too small'],
    ['a quota that SSM and STS do not have', set('prod.quotas', { kms: 5500 }), 'environments.prod.quotas: Unrecognized key: "kms"'],
    ['days that CloudWatch does not have', set('dev.logs.retentionDays', 91), 'environments.dev.logs.retentionDays: Invalid input'],
    ['an environment that is no id', (yaml) => void (yaml.environments!['Prod/1'] = yaml.environments!.dev!), 'environments.Prod/1: '],
    ['no environment', (yaml) => void (yaml.environments = {} as Written), 'environments: has no environment'],
    ['a portal type that is not there', set('dev.portalTypes', ['nowhere.json']), 'environments.dev.portalTypes: '],
  ])('%s', (_, change, line) => {
    expect(problems(written(change)).filter((each) => each.startsWith(line))).toHaveLength(1);
  });

  it.each([
    ['at a loopback address', '{"code":"x","hosts":[{"host":"x.example","address":"loopback"}]}', 'at a loopback address'],
    ['that is an address', '{"code":"x","hosts":["10.1.2.3/x"]}', 'no host name that DNS could be asked for'],
    ['that stands for many', '{"code":"x","hosts":["*.example"]}', 'no host name that DNS could be asked for'],
    ['of a file that is no portal type', '{"code":"x"}', 'cannot be read as a portal type'],
  ])('a host %s', (_, text, said) => {
    expect(problems(written(set('dev.portalTypes', portalType('x.json', text))))).toEqual([expect.stringContaining(said)]);
  });

  it('a name twice, in YAML itself', () => {
    const file = join(folder, 'infra.yaml');
    writeFileSync(file, 'version: 1\nenvironments:\n  dev: {}\n  dev: {}\n');
    expect(problems(file)).toEqual([expect.stringContaining('Map keys must be unique')]);
  });

  it('every problem at once, by the command line, with exit code 2 and nothing written', async () => {
    const [out, error]: [string[], string[]] = [[], []];
    const config = written((yaml) => {
      set('dev.account', '1')(yaml);
      set('prod.region', 'nowhere')(yaml);
    });
    const output = join(folder, 'templates');
    const code = await runInfra(['synth', '--config', config, '--output', output, '--json'], {
      out: (text) => void out.push(text),
      error: (text) => void error.push(text),
    });
    expect(code).toBe(2);
    expect(error.join('').match(/^ {2}environments\.(dev\.account|prod\.region): /gm)).toHaveLength(2);
    expect(JSON.parse(out.join(''))).toMatchObject({ error: { code: 'config_invalid' } });
    expect(() => readFileSync(join(output, 'manifest.json'))).toThrow();
  });

  it('that is not where it was looked for is named by its whole path, as programs read errors too', async () => {
    let [out, error] = ['', ''];
    const terminal = { out: (text: string) => void (out += text), error: (text: string) => void (error += text) };
    expect(await runInfra(['synth', '--config', 'none/infra.yaml', '--output', 'none', '--json'], terminal)).toBe(2);
    const message = `${resolve('none/infra.yaml')} cannot be read (ENOENT): name the configuration by --config. Nothing was written.`;
    expect([error, JSON.parse(out)]).toEqual([`${message}\n`, { version: 1, error: { code: 'config_invalid', message, todo: null } }]);
  });
});
