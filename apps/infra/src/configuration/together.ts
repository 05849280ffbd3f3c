import { partitionOfRegion } from '@rcm/credentials/policies';
import type { z } from 'zod';
import type { EnvironmentConfiguration } from './schema.ts';

type Report = (path: readonly (string | number)[], message: string) => void;
const reporter =
  (problems: z.core.$RefinementCtx): Report =>
  (path, message) =>
    void problems.addIssue({ code: 'custom', path: [...path], message });

/** For `.superRefine`: what must fit together within one environment; nothing is named twice. */
export function checkEnvironment(environment: EnvironmentConfiguration, problems: z.core.$RefinementCtx): void {
  const report = reporter(problems);
  const { region, replica, network, webAgent, storeAccounts, portalTypes, callbacks } = environment;
  twice(network.zones, (index, zone) => report(['network', 'zones', index], `names ${zone} a second time`));
  network.zones.forEach((zone, index) => {
    if (zone.slice(0, -1) !== region) report(['network', 'zones', index], `is not in ${region}`);
  });
  for (const [name, image] of Object.entries(environment.images))
    if (image.split('.')[3] !== region) report(['images', name], `is not in ${region}, where the network has an endpoint of ECR`);
  twice(portalTypes, (index, file) => report(['portalTypes', index], `names ${file} a second time`));
  checkPartition(environment, report);
  checkDoors(environment, report);
  checkInbound(environment, report);
  twice(callbacks?.hosts ?? [], (index, host) => report(['callbacks', 'hosts', index], `names ${host} a second time`));
  checkKeys(environment, report);
  if (replica?.region === region) report(['replica', 'region'], 'is the first region: a copy beside the original is none');
  checkStandby(environment, report);
  if (webAgent.tasks.min > webAgent.tasks.max) report(['webAgent', 'tasks', 'min'], 'is more than max');
  twice(
    storeAccounts.map(({ account }) => account),
    (index, account) => report(['storeAccounts', index, 'account'], `names ${account} a second time`),
  );
  storeAccounts.forEach(({ account, regions }, index) => {
    if (account === environment.account) report(['storeAccounts', index, 'account'], 'is the account of the processes, which holds secrets already');
    twice(regions, (at, name) => report(['storeAccounts', index, 'regions', at], `names ${name} a second time`));
    if (regions[0] !== region) report(['storeAccounts', index, 'regions', 0], `is not ${region}: the network has endpoints of AWS in that region alone`);
    if (replica && !regions.includes(replica.region))
      report(['storeAccounts', index, 'regions'], `have no ${replica.region}, where copies of its secrets are to lie`);
  });
}

/** An ARN of another partition names nothing, and neither keys nor copies cross from one to another. */
function checkPartition({ partition, region, replica, storeAccounts, backups, api, console: people }: EnvironmentConfiguration, report: Report): void {
  const named: readonly (readonly [path: readonly (string | number)[], region: string | undefined])[] = [
    [['region'], region],
    [['replica', 'region'], replica?.region],
    ...storeAccounts.flatMap(({ regions }, index) => regions.map((each, at) => [['storeAccounts', index, 'regions', at], each] as const)),
    [['backups', 'elsewhere', 'region'], backups?.elsewhere?.region],
  ];
  for (const [path, each] of named)
    if (each !== undefined && partitionOfRegion(each) !== partition) report(path, `is in partition ${partitionOfRegion(each)}, not in ${partition}`);
  for (const [name, door] of Object.entries({ api, console: people }))
    if (door && door.certificateArn.split(':')[1] !== partition) report([name, 'certificateArn'], `is not of partition ${partition}`);
}

function checkDoors(environment: EnvironmentConfiguration, report: Report): void {
  const { account, region, images } = environment;
  for (const name of ['api', 'console'] as const) {
    const door = environment[name];
    if (!door) continue;
    const [, , , certificateRegion, certificateAccount] = door.certificateArn.split(':');
    if (certificateRegion !== region) report([name, 'certificateArn'], `is not in ${region}`);
    if (certificateAccount !== account) report([name, 'certificateArn'], `is not of account ${account}`);
    twice(door.callers, (index, range) => report([name, 'callers', index], `names ${range} a second time`));
  }
  if (environment.api && environment.api.previous?.issuer === environment.api.issuer)
    report(['api', 'previous', 'issuer'], 'is the issuer itself: the keys of one issuer are at one address');
  if (!environment.console) return;
  if (images.console === undefined) report(['images', 'console'], 'is missing, and there is a console');
  twice(environment.console.roles, (index, role) => report(['console', 'roles', index], `names ${role} a second time`));
}

function checkStandby({ replica, database, network, backups, account, region }: EnvironmentConfiguration, report: Report): void {
  if (backups?.elsewhere?.account === account && backups.elsewhere.region === region)
    report(['backups', 'elsewhere'], 'is where everything else is: leave it out, or name another account or region');
  const standby = replica?.standby;
  if (!standby) return;
  if (database.kind !== 'aurora') report(['replica', 'standby'], 'follows Aurora, and the database is another');
  if (standby.cidr === network.cidr) report(['replica', 'standby', 'cidr'], 'is the range of the first region: the two networks could never be joined');
  twice(standby.zones, (index, zone) => report(['replica', 'standby', 'zones', index], `names ${zone} a second time`));
  standby.zones.forEach((zone, index) => {
    if (zone.slice(0, -1) !== replica.region) report(['replica', 'standby', 'zones', index], `is not in ${replica.region}`);
  });
}

/** Gateways come by the API's door. */
function checkInbound({ inbound, api }: EnvironmentConfiguration, report: Report): void {
  if (!inbound) return;
  for (const gateway of ['twilioUrl', 'snsTopics', 'signed'] as const)
    if (inbound[gateway] !== undefined && !api) report(['inbound', gateway], 'comes by the HTTP API, and there is no api');
  twice(inbound.snsTopics ?? [], (index, topic) => report(['inbound', 'snsTopics', index], `names ${topic} a second time`));
  if (Object.values(inbound).every((each) => each === undefined)) report(['inbound'], 'names nobody who brings codes');
}

/** Two keys have two ids, and a previous one is of something. */
function checkKeys({ keys }: EnvironmentConfiguration, report: Report): void {
  if (keys.previousIdentity === keys.identity) report(['keys', 'previousIdentity'], 'is the id of the current one');
  if (keys.previousFingerprint === undefined) return;
  if (keys.fingerprint === undefined) report(['keys', 'previousFingerprint'], 'has no current one beside it');
  if (keys.previousFingerprint === keys.fingerprint) report(['keys', 'previousFingerprint'], 'is the id of the current one');
}

/** For `.superRefine`: roles have one name in an account, so two environments are never in one, be it as a store. */
export function checkEnvironments(
  { environments }: { readonly environments: Readonly<Record<string, EnvironmentConfiguration>> },
  problems: z.core.$RefinementCtx,
): void {
  const report = reporter(problems);
  const names = Object.keys(environments);
  if (names.length === 0) report(['environments'], 'has no environment');
  const seen = new Map<string, string>();
  for (const [name, { account, storeAccounts }] of Object.entries(environments)) {
    for (const each of [account, ...storeAccounts.map((store) => store.account)]) {
      const other = seen.get(each);
      if (other !== undefined && other !== name)
        report(['environments', name], `uses account ${each}, which is ${other}'s: each environment has accounts of its own`);
      seen.set(each, name);
    }
  }
  const buckets = new Map<string, string>();
  for (const [name, { auditHeads, backups }] of Object.entries(environments))
    for (const [member, bucket] of [
      ['auditHeads', auditHeads.bucket],
      ['backups', backups?.bucket],
    ] as const) {
      if (bucket === undefined) continue;
      const other = buckets.get(bucket);
      if (other !== undefined) report(['environments', name, member, 'bucket'], other === name ? 'is the bucket of audit heads' : `is ${other}'s too`);
      buckets.set(bucket, name);
    }
}

function twice<T>(values: readonly T[], found: (index: number, value: T) => void): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) < index) found(index, value);
  });
}
