import { beforeAll, describe, expect, it } from 'vitest';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

interface EventSelector {
  readonly Name: string;
  readonly FieldSelectors: readonly (Readonly<Record<string, unknown>> & { readonly Field: string })[];
}

let made: Synthesised;
beforeAll(() => {
  made = synthesised();
});

const selectors = (): readonly EventSelector[] =>
  made.ofType('AWS::CloudTrail::Trail').flatMap(({ Properties }) => Properties.AdvancedEventSelectors as unknown as EventSelector[]);

describe('the trail', () => {
  it('says of each field what it must be: CloudTrail takes no selector that says nothing', () => {
    const fields = selectors().flatMap(({ FieldSelectors }) => FieldSelectors);
    expect(fields.length).toBeGreaterThan(4);
    expect(fields.filter(({ Equals, StartsWith }) => [Equals, StartsWith].flat().every((value) => value === undefined))).toEqual([]);
  });

  it('has every management event, none left out, and the objects of heads and backups', () => {
    const of = ({ FieldSelectors }: EventSelector) => Object.fromEntries(FieldSelectors.map(({ Field, Equals, StartsWith }) => [Field, Equals ?? StartsWith]));
    const found = selectors().map(of);
    expect(found).toContainEqual({ eventCategory: ['Management'] });
    expect(found).toContainEqual({
      ...{ eventCategory: ['Data'], 'resources.type': ['AWS::S3::Object'] },
      'resources.ARN': [expect.anything(), 'arn:aws:s3:::rcm-backups-222222222222/'],
    });
  });
});
