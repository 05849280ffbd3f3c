import { z } from 'zod';
import { addressProblem, PLAINTEXT_USES, type PlaintextUse } from './transport.ts';

/** The opt-out from protected connections, as a zod raw shape to spread into an app's schema. */
export const transportEnvironment = {
  /** Uses whose connections to other machines may be unprotected, separated by commas. Default: none. */
  RCM_PLAINTEXT: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .pipe(z.array(z.enum(PLAINTEXT_USES, `must be of ${PLAINTEXT_USES.join(', ')}`))),
};

export type TransportConfig = z.infer<z.ZodObject<typeof transportEnvironment>>;

/** For `.superRefine`: each address that is set must be protected, or its use opted out. */
export function checkAddresses(
  { RCM_PLAINTEXT: allowed }: TransportConfig,
  addresses: Readonly<Record<string, { readonly address: string | undefined; readonly use: PlaintextUse }>>,
  problems: z.core.$RefinementCtx,
): void {
  for (const [name, { address, use }] of Object.entries(addresses)) {
    const problem = address === undefined ? null : addressProblem(address, use, allowed);
    if (problem !== null) problems.addIssue({ code: 'custom', path: [name], message: problem });
  }
}
