// Uploads by the clients people use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { authorization, endpoint } from './client.js';

const mutation = gql`
  mutation ($input: CreateBatchJobInput!) {
    createBatchJob(input: $input) {
      batchJob { id name totalContacts }
      totalContacts
      rejectedContacts
      duplicateContacts
      userErrors { code message path }
    }
  }
`;

const csv = 'phone,name,customerName,planType,renewalDate\n'
  + '+12025550200,Zoë,Zoë,Basic,Feb 1\n+12025550200,Zoë again,Zoë,Basic,Feb 1\n202-555-0101,Bob,Bob,Basic,Feb 1\n';

const variables = (file) => ({
  input: { fromPhoneNumberId: 'phone_abc123', name: 'Uploaded', contacts: { file } },
});

const send = {
  'Apollo upload client': async (file) => {
    const client = new ApolloClient({
      cache: new InMemoryCache(), link: new UploadHttpLink({ uri: endpoint, headers: authorization }),
    });
    return (await client.mutate({ mutation, variables: variables(file) })).data;
  },
  urql: async (file) => {
    const client = new Client({
      url: endpoint, exchanges: [fetchExchange], preferGetMethod: false, fetchOptions: { headers: authorization },
    });
    const { data, error } = await client.mutation(mutation, variables(file)).toPromise();
    if (error) throw error;
    return data;
  },
};

for (const [client, upload] of Object.entries(send)) {
  test(`${client}: a file becomes contacts`, async () => {
    const { createBatchJob: made } = await upload(new File([csv], 'contacts.csv', { type: 'text/csv' }));
    assert.deepEqual(made.userErrors, []);
    assert.equal(made.batchJob.totalContacts, 1);
    assert.deepEqual([made.totalContacts, made.rejectedContacts, made.duplicateContacts], [1, 1, 1]);
  });
  test(`${client}: what is wrong with a file is data`, async () => {
    const { createBatchJob: made } = await upload(new File(['number\n+12025550200\n'], 'contacts.csv', { type: 'text/csv' }));
    assert.equal(made.batchJob, null);
    assert.equal(made.userErrors[0].code, 'MISSING_PHONE_COLUMN');
  });
}
