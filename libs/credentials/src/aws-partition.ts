/** Regions of the partitions beside `aws`, by how their names begin (the SDK's own `partitions.json`, regionRegex). */
const BEGINNINGS: readonly (readonly [beginning: RegExp, partition: string])[] = [
  [/^cn-/, 'aws-cn'],
  [/^us-gov-/, 'aws-us-gov'],
  [/^us-iso-/, 'aws-iso'],
  [/^us-isob-/, 'aws-iso-b'],
  [/^eu-isoe-/, 'aws-iso-e'],
  [/^us-isof-/, 'aws-iso-f'],
  [/^eusc-/, 'aws-eusc'],
];

/** The partition that a region is in. */
export const partitionOfRegion = (region: string): string => BEGINNINGS.find(([beginning]) => beginning.test(region))?.[1] ?? 'aws';
