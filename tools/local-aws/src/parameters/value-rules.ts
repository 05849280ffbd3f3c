import { AwsError, validationError } from '../aws-error.ts';

/**
 * "You can't include {{}} or {{ssm:parameter-name}} in a parameter value": PutParameter reads any `{{…}}` as a nested
 * parameter. A JSON payload can trip over it (a password with `{{`, then `}}` where two objects close), so it is enforced.
 */
export function requireStorableValue(value: string): void {
  if (value.length === 0)
    throw validationError("1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1");
  if (/\{\{.*\}\}/s.test(value)) throw validationError('Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.');
}

/**
 * The whole value has to match: `\d{1,4}` refuses `10,000` ("Walkthrough: Manage parameters using hierarchies", User Guide). Errors:
 * InvalidAllowedPatternException, ParameterPatternMismatchException. The value is not repeated in the message.
 */
export function requireAllowedPattern(pattern: string, value: string): void {
  let expression: RegExp;
  try {
    // By itself first: a pattern may not be whole only because of what is put around it.
    void new RegExp(pattern);
    expression = new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new AwsError('InvalidAllowedPatternException', `Parameter allowedPattern is not a valid regular expression: ${pattern}`);
  }
  if (!expression.test(value))
    throw new AwsError('ParameterPatternMismatchException', `Parameter value, cannot be validated against allowedPattern: ${pattern}`);
}
