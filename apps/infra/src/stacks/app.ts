import { App, BootstraplessSynthesizer, type Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import { AlertsStack } from './alerts.ts';
import { ApiStack } from './api.ts';
import { BackupsStack } from './backups.ts';
import { ConsoleStack } from './console.ts';
import { CopiesStack, ReplicaKeyStack, StoreReplicaStack } from './copies.ts';
import { DatabaseStack, isAurora } from './database.ts';
import { EvidenceStack } from './evidence.ts';
import { IdentityStack } from './identity.ts';
import { stackName, topicArn } from './names.ts';
import { NetworkStack } from './network.ts';
import { policiesOf, storePoliciesOf } from './policies-of.ts';
import { ServicesStack } from './services.ts';
import { StandbyStack } from './standby.ts';
import { StoreStack } from './store.ts';
import { TasksStack } from './tasks.ts';

export interface AppOptions {
  /** Where the templates are written. Default: a folder of its own below the system's temporary one. */
  readonly outdir?: string;
}

/** Buckets take access logs by a policy: access lists are switched off. What the schemas of CloudFormation do not allow is an error. */
const FLAGS = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true, '@aws-cdk/core:strictCfnValidateErrors': true };

/** Every stack of every environment, with nothing looked up and nothing to upload: a template is all that there is. */
export function platformApp(environments: readonly Environment[], { outdir }: AppOptions = {}): App {
  const app = new App({ ...(outdir === undefined ? {} : { outdir }), analyticsReporting: false, treeMetadata: false, context: FLAGS });
  for (const environment of environments) {
    addPlatform(app, environment);
    for (const store of environment.storeAccounts) addStore(app, environment, store);
    addBackups(app, environment);
  }
  return app;
}

/** What every stack of an environment has; each waits for those before it. */
function stacksOf(app: App, environment: Environment) {
  let before: Stack | null = null;
  return <S extends Stack>(
    part: string,
    make: (app: App, id: string, props: StackProps) => S,
    { account, region }: Pick<Environment, 'account' | 'region'> = environment,
  ): S => {
    const id = stackName(environment, part);
    const stack = make(app, id, {
      ...{ env: { account, region }, stackName: id },
      // What holds the only copy of a password is not deleted by a slip.
      terminationProtection: environment.stage === 'production',
      synthesizer: new BootstraplessSynthesizer(),
    });
    Tags.of(stack).add('Application', 'rcm');
    Tags.of(stack).add('Stage', environment.name);
    if (before) stack.addStackDependency(before);
    before = stack;
    return stack;
  };
}

function addPlatform(app: App, environment: Environment): void {
  const { account, replica } = environment;
  const add = stacksOf(app, environment);
  const second = replica && addSecondRegion(add, environment, replica.region);
  const identity = add('identity', (scope, id, props) => new IdentityStack(scope, id, { ...props, environment }));
  if (replica)
    add('replica', (scope, id, props) => new ReplicaKeyStack(scope, id, { ...props, keyPolicy: policiesOf(environment).keyPolicy }), {
      account,
      region: replica.region,
    });
  const { secrets } = identity;
  const platformKeyArn = identity.platformKey.attrArn;
  const common = { environment, platformKeyArn };
  add('evidence', (scope, id, props) => new EvidenceStack(scope, id, { ...props, ...common }));
  const chats = { alsoFrom: replica ? [topicArn({ ...environment, region: replica.region })] : [] };
  add('alerts', (scope, id, props) => new AlertsStack(scope, id, { ...props, ...common, runsHere: true, chats }));
  const network = add('network', (scope, id, props) => new NetworkStack(scope, id, { ...props, ...common }));
  if (isAurora(environment)) {
    const { vpc, database: securityGroup } = network;
    add('database', (scope, id, props) => new DatabaseStack(scope, id, { ...props, environment, platformKeyArn, vpc, securityGroup }));
    if (replica?.standby && second) {
      const { region, standby } = replica;
      add('standby', (scope, id, props) => new StandbyStack(scope, id, { ...props, environment, region, standby, platformKeyArn: second }), {
        account,
        region,
      });
    }
  }
  add('tasks', (scope, id, props) => new TasksStack(scope, id, { ...props, ...common, secrets }));
  const targets = { apiTargets: apiDoor(add, environment, network)?.targets, consoleTargets: consoleDoor(add, environment, network)?.targets };
  add('services', (scope, id, props) => new ServicesStack(scope, id, { ...props, ...common, ...targets, secrets, network }));
}

type Add = ReturnType<typeof stacksOf>;

/** What is there before everything else: its key, whose ARN is given back, and what is told there, also when the first region tells nothing. */
function addSecondRegion(add: Add, environment: Environment, region: string): string {
  const at = { account: environment.account, region };
  const { platformKeyArn } = add('copies', (scope, id, props) => new CopiesStack(scope, id, { ...props, environment, region }), at);
  const alerts = { environment: { ...environment, region }, platformKeyArn, runsHere: false, chats: null };
  add('copies-alerts', (scope, id, props) => new AlertsStack(scope, id, { ...props, ...alerts }), at);
  return platformKeyArn;
}

const apiDoor = (add: Add, { api, ...environment }: Environment, network: NetworkStack): ApiStack | undefined =>
  api && add('api', (scope, id, props) => new ApiStack(scope, id, { ...props, environment: { ...environment, api }, network }));

function consoleDoor(add: Add, { console: people, ...environment }: Environment, { vpc, console: group }: NetworkStack): ConsoleStack | undefined {
  if (!people || !group) return undefined;
  const network = { vpc, console: group };
  return add('console', (scope, id, props) => new ConsoleStack(scope, id, { ...props, environment: { ...environment, console: people }, network }));
}

/** A bucket in another account or region needs nothing of the other stacks: they name it, and it names the rotator's role. */
function addBackups(app: App, { backups, ...environment }: Environment): void {
  const elsewhere = backups?.elsewhere;
  if (!elsewhere) return;
  const place = { environment: { ...environment, backups }, elsewhere };
  stacksOf(app, environment)('backups', (scope, id, props) => new BackupsStack(scope, id, { ...props, ...place }), elsewhere);
}

function addStore(app: App, environment: Environment, store: Environment['storeAccounts'][number]): void {
  const { account } = store;
  const add = stacksOf(app, environment);
  const policies = storePoliciesOf(environment, store);
  const [first = '', ...others] = store.regions;
  const there = { ...environment, account, region: first };
  const trail = store.trail === 'here' ? environment : null;
  const made = add(`store-${account}`, (scope, id, props) => new StoreStack(scope, id, { ...props, environment: there, policies, trail }), there);
  // Becoming somebody through a region's own endpoint is an event of that region alone.
  for (const region of others) {
    const at = { ...there, region };
    const { platformKeyArn } = add(
      `store-${account}-${region}`,
      (scope, id, props) => new StoreReplicaStack(scope, id, { ...props, environment: at, keyPolicy: policies.keyPolicy }),
      at,
    );
    const alerts = { environment: at, platformKeyArn, runsHere: false, chats: null };
    add(`store-${account}-${region}-alerts`, (scope, id, props) => new AlertsStack(scope, id, { ...props, ...alerts }), at);
  }
  const chats = { alsoFrom: others.map((region) => topicArn({ ...there, region })) };
  const alerts = { environment: there, platformKeyArn: made.platformKey.attrArn, runsHere: false, chats };
  add(`store-${account}-alerts`, (scope, id, props) => new AlertsStack(scope, id, { ...props, ...alerts }), there);
}
