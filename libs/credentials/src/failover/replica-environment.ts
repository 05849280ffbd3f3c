import { z } from 'zod';

/** The second region of an app, for reads while the first is down; a zod raw shape to spread into the app's own schema. */
export const replicaEnvironment = {
  /** Unset: there is none. */
  RCM_AWS_REPLICA_REGION: z
    .string()
    .regex(/^[a-z0-9-]{4,40}$/, 'must be an AWS region such as us-west-2')
    .optional(),
  /** Only where AWS is not at its usual address. */
  RCM_AWS_REPLICA_ENDPOINT: z.url('must be a URL').optional(),
  /** Key of the copies, as the second region knows it. Default: RCM_KMS_KEY_ID, which then must be an alias or a multi-region key's id. */
  RCM_AWS_REPLICA_KMS_KEY_ID: z.string().min(1).max(2048).optional(),
} as const;

export type ReplicaConfig = z.infer<z.ZodObject<typeof replicaEnvironment>>;
