// The sample batch: a hundred people who do not exist, at the numbers that the
// North American plan keeps for fiction (+1 202 555 0100 to 0199).
import type { CreateBatchJobInput } from '../gql/graphql';

const FIRST = ['Ada', 'Ben', 'Cleo', 'Dev', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jun'];
const LAST = ['Abara', 'Berg', 'Castillo', 'Dunn', 'Eze', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen'];
const PLANS = ['Basic', 'Plus', 'Premium'];
const DATES = ['Feb 1', 'Feb 5', 'Feb 10', 'Feb 15'];

function contact(_: unknown, index: number) {
  const name = `${FIRST[index % 10]} ${LAST[Math.floor(index / 10)]}`;
  return {
    phone: `+1202555${String(100 + index).padStart(4, '0')}`,
    name,
    customFields: {
      customerName: name,
      planType: PLANS[index % PLANS.length],
      renewalDate: DATES[index % DATES.length],
    },
  };
}

/** What createBatchJob makes the sample batch of. */
export function sampleBatch(fromPhoneNumberId: string, idempotencyKey: string): CreateBatchJobInput {
  return {
    fromPhoneNumberId,
    name: 'Sample batch',
    description: 'A hundred invented contacts',
    contacts: { list: Array.from({ length: 100 }, contact) },
    idempotencyKey,
  };
}
