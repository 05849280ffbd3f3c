import { beforeAll, describe, expect, it } from 'vitest';
import { containersOf, given, type PlacedContainer, readerOf, SECRET_VALUES, volumesOf } from './containers.fixture.ts';
import { SERVICES, servicesOf } from './names.ts';
import { secretsOf } from './process-secrets.ts';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

let made: Synthesised;
let containers: readonly PlacedContainer[];
beforeAll(() => {
  made = synthesised();
  containers = containersOf(made);
});

describe('each container', () => {
  it('is there, once in each environment that has it', () => {
    expect(containers.map(({ Name }) => Name).sort()).toEqual(made.environments.flatMap(servicesOf).sort());
    expect(new Set(containers.map(({ Name }) => Name))).toEqual(new Set(SERVICES));
  });

  it('gets its secrets from Secrets Manager, each process its own login of Postgres', () => {
    const urls = SERVICES.map((service) => secretsOf(service, made.environments[1]!).RCM_DATABASE_URL);
    expect(new Set(urls).size).toBe(SERVICES.length);
    for (const { Environment } of containers) expect(Environment.filter(({ Name }) => Name in SECRET_VALUES)).toEqual([]);
  });

  it.each(SERVICES)('%s is given what the app itself accepts, and nothing that it does not read', async (service) => {
    const read = await readerOf(service);
    for (const container of containers.filter(({ Name }) => Name === service)) {
      const { RCM_DATABASE_CA_FILE, ...environment } = given(container);
      expect(RCM_DATABASE_CA_FILE).toBe('/etc/rcm/database-ca.pem');
      const config = read(environment);
      expect(Object.keys(environment).filter((each) => !(each in config))).toEqual([]);
      // A value that is not needed is no reason to accept one that is wrong.
      expect(() => read({ ...environment, RCM_DATABASE_URL: 'postgresql://x@db.example/rcm?sslmode=disable' })).toThrow(/RCM_DATABASE_URL/);
    }
  });

  it.each([
    ['dev', 'GOVERNANCE'],
    ['prod', 'COMPLIANCE'],
  ])('in %s heads are retained by their writer as by their bucket: %s', (name, mode) => {
    const [writer] = containers.filter(({ Name, at }) => Name === 'audit-heads' && at.includes(name)).map(given);
    const [bucket] = made.ofType('AWS::S3::Bucket').filter(({ at }) => at.includes(name) && at.includes('HeadsBucket'));
    expect(writer).toMatchObject({ RCM_AUDIT_BUCKET_MODE: mode });
    expect(bucket?.Properties).toMatchObject({ ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: mode } } } });
  });

  it('is not root, has no capability, cannot write but below /tmp, and cannot be entered', () => {
    for (const { definition, ...container } of containers) {
      expect(container).toMatchObject({ User: '10001:10001', Privileged: false, ReadonlyRootFilesystem: true });
      expect(container).toMatchObject({ LinuxParameters: { InitProcessEnabled: false, Capabilities: { Drop: ['ALL'] } } });
      expect(container).toMatchObject({ MountPoints: [{ ContainerPath: '/tmp', SourceVolume: 'tmp' }] });
      expect(definition).toMatchObject({ NetworkMode: 'awsvpc', RequiresCompatibilities: ['FARGATE'], Volumes: [{ Name: 'tmp' }] });
    }
    for (const { Properties } of made.ofType('AWS::ECS::Service'))
      expect(Properties).toMatchObject({ EnableExecuteCommand: false, NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } } });
  });

  it('may write there: its image names the folder as a volume, whose owner and rights ECS takes over', () => {
    // "Use bind mounts with Amazon ECS": the folder of a volume that the image does not name is root's, and nobody else writes there.
    for (const { Name, ...container } of containers) {
      const { MountPoints } = container as unknown as { readonly MountPoints: readonly { readonly ContainerPath: string }[] };
      expect([Name, volumesOf(Name)]).toEqual([Name, MountPoints.map(({ ContainerPath }) => ContainerPath)]);
    }
  });

  it('is the image that the configuration names, by its digest', () => {
    for (const container of containers) expect(container).toMatchObject({ Image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/) });
  });

  it('has more time to stop than it takes to drain', () => {
    // RCM_AGENT_DRAIN_MS and RCM_ROTATOR_DRAIN_MS are 90 s where nothing is said, and nothing is.
    for (const container of containers) expect(container).toMatchObject({ StopTimeout: 120 });
    expect(containers.flatMap(({ Environment }) => Environment).filter(({ Name }) => Name.endsWith('_DRAIN_MS'))).toEqual([]);
  });
});
