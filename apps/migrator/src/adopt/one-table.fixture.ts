import { MAPPING, type SourceTables } from './source-table.fixture.ts';

/** What the tables say in one: names of hospital and firm stand in the row. */
export function oneTable(tables: SourceTables): Record<string, unknown>[] {
  return tables.logins.map(({ id, hospital, url, settings, note, active, changed }) => {
    const at = tables.hospitals.find((each) => each.id === hospital);
    const firm = tables.firms.find((each) => each.id === at?.firm);
    return {
      LOGIN_NO: id,
      HOSPITAL_NO: hospital,
      HOSPITAL: at?.name,
      FIRM_NO: firm?.id,
      FIRM: firm?.name,
      PORTAL_URL: url,
      SETTINGS: settings,
      NOTE: note,
      ACTIVE: active,
      UPDATED: changed,
    };
  });
}
/** The mapping of `oneTable`. */
export const ONE_TABLE = {
  ...MAPPING,
  table: undefined,
  hospital: { id: 'HOSPITAL_NO', name: 'HOSPITAL', prefix: 'h-' },
  firm: { id: 'FIRM_NO', name: 'FIRM', prefix: 'f-' },
};
