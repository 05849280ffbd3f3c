import { paginateGetParameterHistory, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm';
import type { AwsPlace } from './provision.ts';

/** Every version of every parameter of the platform. A staged copy that was promoted is among the versions of its current one. */
export async function everyParameterValue({ endpoint, region, credentials }: AwsPlace): Promise<string[]> {
  const client = new SSMClient({ endpoint, region, credentials });
  try {
    const names: string[] = [];
    for await (const page of paginateGetParametersByPath({ client }, { Path: '/rcm', Recursive: true }))
      names.push(...(page.Parameters ?? []).flatMap(({ Name }) => Name ?? []));
    const values = new Set<string>();
    for (const Name of names) {
      for await (const page of paginateGetParameterHistory({ client }, { Name, WithDecryption: true })) {
        for (const { Value } of page.Parameters ?? []) if (Value !== undefined) values.add(Value);
      }
    }
    return [...values];
  } finally {
    client.destroy();
  }
}
