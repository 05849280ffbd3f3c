import { isRecipient } from '@rcm/credentials/backup';
import { QUOTAS, type Quotas } from '@rcm/telemetry';
import { z } from 'zod';
import { apiSchema, consoleSchema } from './doors.ts';
import { callbacksSchema, inboundSchema, keysSchema, notificationWebhookSchema, tracesSchema } from './outside.ts';
import { settingsSchema } from './tunable.ts';

const account = z.string('must be twelve digits in quotes').regex(/^[0-9]{12}$/, 'must be twelve digits in quotes');
const region = z.string().regex(/^[a-z]{2,6}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$/, 'must be an AWS region such as us-east-1');
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

/** From ECR, which has an endpoint in the network; by digest alone: a tag can be moved to other bytes, and what was tried would not be what runs. */
const image = z
  .string()
  .regex(
    /^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(\/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$/,
    'must be an image in ECR by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…',
  );

/** Days that CloudWatch Logs can be told to keep a group. */
const RETENTION = [90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

/** CPU units and MiB of memory as Fargate takes them together. */
const SIZES = { '1024': [2048, 8192], '2048': [4096, 16_384], '4096': [8192, 30_720], '8192': [16_384, 61_440] } as const;
const size = z
  .strictObject({ cpu: z.union([z.literal(1024), z.literal(2048), z.literal(4096), z.literal(8192)]), memory: whole(2048, 61_440).multipleOf(1024) })
  .refine(
    ({ cpu, memory }) => memory >= SIZES[`${cpu}`][0] && memory <= SIZES[`${cpu}`][1],
    'is no size that Fargate has: memory is 2 to 8 times the CPU units',
  );

const aurora = z.strictObject({
  kind: z.literal('aurora'),
  /** 16 or newer (docs/database-roles.md). */
  engineVersion: z.string().regex(/^(1[6-9]|[2-9][0-9])\.[0-9]{1,2}$/, 'must be PostgreSQL 16 or newer, such as 17.5'),
  /** Aurora capacity units. */
  capacity: z.strictObject({ min: z.number().min(0.5).max(256), max: z.number().min(1).max(256) }).refine(({ min, max }) => min <= max, 'min is more than max'),
  backupDays: whole(7, 35).default(35),
});
const existing = z.strictObject({
  kind: z.literal('existing'),
  /** Its name, which the network may then ask for. */
  host: z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be the name of a host'),
  port: whole(1, 65_535).default(5432),
  /** Of the database, in this VPC or in one that is peered: processes may reach it, and nothing else. */
  securityGroupId: z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'must be a security group such as sg-0123456789abcdef0'),
});

const cidr = z.string().regex(/^(10|172|192)(\.[0-9]{1,3}){2}\.0\/(16|17|18|19|20)$/, 'must be a private range of /16 to /20, such as 10.20.0.0/16');
const zones = z
  .array(z.string().regex(/^[a-z0-9-]+[a-z]$/, 'must be an availability zone'))
  .min(2)
  .max(3);

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be the name of a bucket');

/** Calls a second; a quota that no account has is a slip. */
const perSecond = (byDefault: number) => whole(1, 100_000).default(byDefault);

/** What an environment may say; what must fit together in it is checked beside (together.ts). Every member is described where it stands. */
export const environmentSchema = z.strictObject({
  account,
  region,
  partition: z.enum(['aws', 'aws-us-gov', 'aws-cn']).default('aws'),
  /** Only a development environment has a role that may do everything with its secrets. */
  stage: z.enum(['development', 'production']),
  network: z.strictObject({
    ...{ cidr, zones },
    /** The Region's managed prefix list of S3, where the layers of images come from: `aws ec2 describe-managed-prefix-lists`. */
    s3PrefixListId: z.string().regex(/^pl-[0-9a-f]{8,17}$/, 'must be a prefix list such as pl-63a5400a'),
  }),
  database: z.discriminatedUnion('kind', [aurora, existing]),
  /** In the images: certificates (PEM) of the CA that has signed the database's. */
  databaseCaFile: z.string().regex(/^\/[\w./-]+$/, 'must be an absolute path'),
  images: z.strictObject({ webAgent: image, rotator: image, migrator: image, rcm: image, console: image.optional() }),
  webAgent: z.strictObject({
    ...{ size, tasks: z.strictObject({ min: whole(1, 200), max: whole(1, 200) }), browserContexts: whole(1, 64).default(4) },
    settings: settingsSchema('webAgent'),
  }),
  rotator: z.strictObject({ size, tasks: whole(1, 20).default(2), settings: settingsSchema('rotator') }),
  /** `databases`: which further ones it is given the address of: an administrator's, which `scrub` needs, and one that `adopt` reads. */
  migrator: z
    .strictObject({
      databases: z
        .array(z.enum(['admin', 'source'], 'must be admin or source'))
        .max(2)
        .default([]),
      settings: settingsSchema('migrator'),
    })
    .prefault({}),
  /** Files of portal types, from this file's folder: their hosts are all that browsers reach. */
  portalTypes: z.array(z.string().min(1)).min(1),
  /** What the account may ask of SSM and STS in the first region: the alarms `rcm-…-quota` are made of it. */
  quotas: z
    .strictObject({ ssmReads: perSecond(QUOTAS.ssmReads), ssmWrites: perSecond(QUOTAS.ssmWrites), sts: perSecond(QUOTAS.sts) } satisfies Record<
      keyof Quotas,
      z.ZodType
    >)
    .prefault({}),
  logs: z.strictObject({ retentionDays: z.union(RETENTION.map((days) => z.literal(days))) }),
  /** Where heads of the audit chains are kept: a bucket of this name is made, with Object Lock. */
  auditHeads: z.strictObject({
    bucket: bucketName,
    keepDays: whole(1, 36_500).default(2557),
    /** Their writer checks chains that auditors ask for in the console: it reads heads then, and events' details with a login of its own. */
    checks: z.boolean().default(false),
    settings: settingsSchema('auditHeads'),
  }),
  /** Ids of the keys that name logins and make fingerprints. */
  keys: keysSchema.prefault({}),
  /** Who is told of the end of tasks. */
  callbacks: callbacksSchema.optional(),
  /** Who brings the codes that portals send. */
  inbound: inboundSchema.optional(),
  traces: tracesSchema.optional(),
  noticeWebhook: notificationWebhookSchema.optional(),
  /** Once a day every secret is written into a bucket of this name, sealed to these recipients of age, whose identities lie elsewhere (docs/disaster.md). */
  backups: z
    .strictObject({
      bucket: bucketName,
      /** Where the bucket is made, if it is not to be lost with what it is a backup of. Default: in the environment's own account and region. */
      elsewhere: z.strictObject({ account, region }).optional(),
      /** Neither written over nor deleted before, and gone some days after. */
      keepDays: whole(1, 3650).default(35),
      recipients: z.array(z.string().max(4000).refine(isRecipient, 'must be what `age-keygen -y` prints: age1…')).min(1),
    })
    .optional(),
  /** The HTTP API of the web-agents, behind a load balancer of the network's own; without it tasks come by `web-agent task` and `rcm` alone. */
  api: apiSchema.optional(),
  /** `rcm` in people's browsers, behind a load balancer of its own; without it there is none. */
  console: consoleSchema.optional(),
  /** AWS's chat application writes what the topic is told. */
  slack: z
    .strictObject({
      workspaceId: z.string().regex(/^T[0-9A-Z]+$/, 'must be a workspace id such as T0123ABCD'),
      channelId: z.string().regex(/^[CG][0-9A-Z]+$/, 'must be a channel id such as C0123ABCD'),
    })
    .optional(),
  /** AWS Config records what resources are; `existing` where the account has a recorder already. */
  configRecorder: z.enum(['here', 'existing']).default('here'),
  /** The second region: copies of secrets, their key, the database's backups, alarms; with `standby` a database that follows Aurora. */
  replica: z.strictObject({ region, standby: z.strictObject({ cidr, zones }).optional() }).optional(),
  /** Further accounts that hold secrets, 10,000 standard parameters each; `existing` where a trail of the organization records what is done there. */
  storeAccounts: z.array(z.strictObject({ account, regions: z.array(region).min(1), trail: z.enum(['here', 'existing']).default('here') })).default([]),
});

/** One environment by itself. */
export type EnvironmentConfiguration = z.infer<typeof environmentSchema>;
