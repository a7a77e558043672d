// The faults of ledger_faults.mjs with SQLite: the database takes nothing while another connection holds its write lock.
import { DatabaseSync } from 'node:sqlite';

import { ledgerFaults } from './ledger_faults.mjs';

ledgerFaults({
  name: 'SQLite',
  url: 'sqlite:pulse.db',
  async takeAway(pulse) {
    const other = new DatabaseSync(pulse.database);
    other.exec('pragma busy_timeout = 10000');
    other.exec('begin immediate');
    return async () => {
      other.exec('rollback');
      other.close();
    };
  },
  async rows(pulse) {
    const database = new DatabaseSync(pulse.database, { readOnly: true });
    const rows = database.prepare(`select id, error_code,
      (select count(*) from ai_request_attempt where request_id = log.id) as attempts,
      (select count(*) from cost_event where request_id = log.id) as events
      from ai_request_log log`).all();
    database.close();
    return rows;
  },
});
