const TOPIC = /^arn:(aws|aws-cn|aws-us-gov):sns:([a-z]{2}(?:-[a-z]{1,12}){1,2}-\d):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$/;

/** Whether it is the ARN of a topic. */
export const isTopic = (arn: string): boolean => TOPIC.test(arn);

/** The host of SNS in a topic's partition and region: where its certificates lie, and where a subscription is confirmed. `null`: it is no topic. */
function snsHostOf(arn: string): string | null {
  const [, partition, region] = TOPIC.exec(arn) ?? [];
  return region === undefined ? null : `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

/**
 * A certificate's address where it is one of SNS in the topic's region, as it is written; else `null`. Compared as text, not as an address that is parsed: a port, a user name, a query,
 * or letters that some parser would drop leave it `null`.
 */
export function certificateAddress(given: string, topic: string): string | null {
  const host = snsHostOf(topic);
  const path = /^\/SimpleNotificationService-[0-9a-f]{16,64}\.pem$/;
  return host !== null && given.startsWith(`https://${host}/`) && path.test(given.slice(`https://${host}`.length)) ? given : null;
}

/** The code with which a person confirms a subscription, as SNS writes it. */
export const isConfirmationCode = (given: string | undefined): given is string => given !== undefined && /^[A-Za-z0-9]{1,1000}$/.test(given);
