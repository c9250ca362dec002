// The sample batch: a hundred people who do not exist, at the numbers that the
// North American plan keeps for fiction (+1 202 555 0100 to 0199).

const FIRST = ['Ada', 'Ben', 'Cleo', 'Dev', 'Elif', 'Finn', 'Grace', 'Hugo', 'Ines', 'Jun'];
const LAST = ['Abara', 'Berg', 'Castillo', 'Dunn', 'Eze', 'Fischer', 'Garcia', 'Haddad', 'Ito', 'Jensen'];
const PLANS = ['Basic', 'Plus', 'Premium'];
const DATES = ['Feb 1', 'Feb 5', 'Feb 10', 'Feb 15'];

// sampleNumber picks the phone number to call from: the demo's, else the first
// that has an agent. It returns undefined when there is none.
export function sampleNumber(phoneNumbers) {
  const usable = phoneNumbers.filter(({ outboundAgent }) => outboundAgent);
  return usable.find(({ id }) => id === 'phone_abc123') ?? usable[0];
}

// sampleInput returns the input of createBatchJob.
export function sampleInput(fromPhoneNumberId) {
  return {
    fromPhoneNumberId,
    name: 'Sample batch',
    description: 'A hundred invented contacts',
    contacts: { list: Array.from({ length: 100 }, (_, index) => contact(index)) },
    idempotencyKey: Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(16)).join('-'),
  };
}

function contact(index) {
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
