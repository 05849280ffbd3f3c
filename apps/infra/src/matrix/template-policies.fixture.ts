import type { Synthesised, Template } from '../stacks/synthesised.fixture.ts';

/** A policy as it is synthesised, with every value that CloudFormation would fill in made up. */
export type Document = { readonly Version: string; readonly Statement: readonly Statement[] };
export type Statement = {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
} & Readonly<Record<string, unknown>>;

export type DocumentKind = 'identity' | 'trust' | 'key' | 'topic' | 'bucket' | 'endpoint';

export interface PolicyInTemplate {
  /** `stack/logical id`, with the role's name where a role has it. */
  readonly at: string;
  readonly kind: DocumentKind;
  /** ARNs of the roles that have it; of the resource, where it is a resource's. */
  readonly of: readonly string[];
  readonly document: Document;
}

interface Place {
  readonly account: string;
  readonly region: string;
}

/** Every policy in the stacks of one environment. */
export function policiesInTemplates(made: Synthesised, environment: string): readonly PolicyInTemplate[] {
  const stacks = made.app.node.children.filter(({ node }) => node.id.startsWith(`rcm-${environment}-`)) as unknown as (Place & { stackName: string })[];
  const all = stacks.map((stack) => ({
    ...stack,
    account: stack.account,
    region: stack.region,
    name: stack.stackName,
    template: made.templates.get(stack.stackName)!,
  }));
  const exported = new Map(all.flatMap(({ template, account, region }) => exportsOf(template, { account, region })));
  return all.flatMap(({ name, template, account, region }) => policiesOf(name, template, new Resolver(template, { account, region }, exported)));
}

const exportsOf = (template: Template, place: Place): (readonly [string, string])[] =>
  Object.values((template as { Outputs?: Record<string, { Export?: { Name: string }; Value: unknown }> }).Outputs ?? {}).flatMap(({ Export, Value }) =>
    Export ? [[Export.Name, String(new Resolver(template, place, new Map()).resolve(Value))] as const] : [],
  );

function policiesOf(stack: string, template: Template, resolver: Resolver): PolicyInTemplate[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties }]): PolicyInTemplate[] => {
    const document = (name: string): Document => resolver.resolve(Properties[name]) as Document;
    const made = (kind: DocumentKind, of: readonly string[], name: string): PolicyInTemplate[] => [
      { at: `${stack}/${id}`, kind, of, document: document(name) },
    ];
    switch (Type) {
      case 'AWS::IAM::Role':
        return made('trust', [resolver.arn(id)], 'AssumeRolePolicyDocument');
      case 'AWS::IAM::ManagedPolicy': {
        const named = ((Properties.Roles ?? []) as unknown[]).map((role) => resolver.roleArn(String(resolver.resolve(role))));
        const attached = Object.entries(template.Resources).filter(([, { Properties: other }]) =>
          JSON.stringify(other.ManagedPolicyArns ?? []).includes(`"${id}"`),
        );
        return made('identity', [...named, ...attached.map(([role]) => resolver.arn(role))], 'PolicyDocument');
      }
      case 'AWS::KMS::Key':
      case 'AWS::KMS::ReplicaKey':
        return made('key', [resolver.arn(id)], 'KeyPolicy');
      case 'AWS::SNS::TopicPolicy':
        return made('topic', resolver.resolve(Properties.Topics) as string[], 'PolicyDocument');
      case 'AWS::S3::BucketPolicy':
        return made('bucket', [`arn:aws:s3:::${String(resolver.resolve(Properties.Bucket))}`], 'PolicyDocument');
      case 'AWS::EC2::VPCEndpoint':
        return made('endpoint', [JSON.stringify(Properties.ServiceName)], 'PolicyDocument');
      default:
        if ('PolicyDocument' in Properties || 'Policies' in Properties || 'KeyPolicy' in Properties)
          throw new Error(`${stack}/${id}: a ${Type} has a policy that nobody looks at.`);
        return [];
    }
  });
}

/** What CloudFormation would fill in: names that are given, and made-up ids where AWS makes them. */
class Resolver {
  readonly #template: Template;
  readonly #place: Place;
  readonly #exported: ReadonlyMap<string, string>;

  constructor(template: Template, place: Place, exported: ReadonlyMap<string, string>) {
    this.#template = template;
    this.#place = place;
    this.#exported = exported;
  }

  roleArn = (name: string): string => `arn:aws:iam::${this.#place.account}:role/${name}`;

  arn(id: string): string {
    const { account, region } = this.#place;
    const { Type, Properties } = this.#template.Resources[id]!;
    const name = (property: string): string => String(this.resolve(Properties[property]));
    switch (Type) {
      case 'AWS::IAM::Role':
        return this.roleArn(name('RoleName'));
      case 'AWS::S3::Bucket':
        return `arn:aws:s3:::${name('BucketName')}`;
      case 'AWS::Logs::LogGroup':
        return `arn:aws:logs:${region}:${account}:log-group:${name('LogGroupName')}:*`;
      case 'AWS::SNS::Topic':
        return `arn:aws:sns:${region}:${account}:${name('TopicName')}`;
      case 'AWS::SecretsManager::Secret':
        return `arn:aws:secretsmanager:${region}:${account}:secret:${name('Name')}-AbCdEf`;
      case 'AWS::KMS::Key':
      case 'AWS::KMS::ReplicaKey':
        return `arn:aws:kms:${region}:${account}:key/${id}`;
      default:
        return `arn:aws:${Type.split('::')[1]!.toLowerCase()}:${region}:${account}:${id}`;
    }
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.resolve(each));
    if (value === null || typeof value !== 'object') return value;
    const [[name, argument] = ['', null]] = Object.entries(value);
    if (name === 'Ref') return this.#ref(argument as string);
    if (name === 'Fn::GetAtt') return this.arn((argument as [string])[0]);
    if (name === 'Fn::Join') return (this.resolve((argument as [string, unknown[]])[1]) as string[]).join((argument as [string])[0]);
    if (name === 'Fn::ImportValue') return this.#exported.get(argument as string) ?? missing(argument);
    if (name.startsWith('Fn::')) return missing(value);
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.resolve(each)]));
  }

  #ref(id: string): string {
    const { account, region } = this.#place;
    const pseudo: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::Region': region, 'AWS::AccountId': account };
    if (pseudo[id] !== undefined) return pseudo[id];
    const { Type, Properties } = this.#template.Resources[id] ?? missing(id);
    if (Type === 'AWS::IAM::Role') return String(Properties.RoleName);
    if (Type === 'AWS::S3::Bucket') return String(Properties.BucketName);
    return this.arn(id);
  }
}

function missing(what: unknown): never {
  throw new Error(`Nothing is made up for ${JSON.stringify(what)}.`);
}
