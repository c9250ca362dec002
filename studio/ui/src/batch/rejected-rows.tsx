import { usePagedRows } from '../api/paged-rows';
import { Button } from '../components/button';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { graphql } from '../gql';
import type { RejectedQuery } from '../gql/graphql';
import { settingsWords as words } from '../messages/batch';
import { count } from '../state/format';

const Rejected = graphql(`
  query Rejected($id: ID!, $first: Int!, $after: String) {
    batchJob(id: $id) {
      id
      rejectedRows(first: $first, after: $after) {
        nodes {
          row
          phone
          code
          detail
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
`);

function pick(data: RejectedQuery) {
  const rows = data.batchJob?.rejectedRows;
  return rows && { ...rows, nodes: rows.nodes.map((row) => ({ ...row, id: String(row.row) })) };
}

/** Rows of the upload that did not become contacts, with why. */
export function RejectedRows({ id }: { id: string }) {
  const list = usePagedRows({ query: Rejected, variables: { id, first: 50 }, pick });
  if (list.error) return <FailureNotice error={list.error} again={list.reload} />;
  if (list.total === null) return <Skeleton lines={3} />;
  return (
    <div className="stack tight">
      <h3>{words.rejected}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <div className="scrolls" tabIndex={0}>
        <table className="plain-table rejected">
          <thead>
            <tr>
              <th scope="col">{words.rejectedRow}</th>
              <th scope="col">{words.rejectedPhone}</th>
              <th scope="col">{words.rejectedWhy}</th>
            </tr>
          </thead>
          <tbody>
            {list.rows.map(({ row, phone, detail }) => (
              <tr key={row}>
                <th scope="row">{count(row)}</th>
                <td className="mono">{phone}</td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {list.rows.length < list.total && (
        <div>
          <Button compact busy={list.fetching} onClick={() => list.need(list.rows.length)}>
            {words.more}
          </Button>
        </div>
      )}
    </div>
  );
}
