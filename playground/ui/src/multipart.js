// Requests with files, as the GraphQL multipart request specification has them:
// https://github.com/jaydenseric/graphql-multipart-request-spec

// attachable returns those attachments whose path leads to null in the
// variables: that is where the specification puts a file.
export function attachable(attachments, variables) {
  return attachments.filter(({ path, file }) => file && valueAt(variables, path) === null);
}

// multipartBody returns the form that carries a request and its files.
export function multipartBody(request, attachments) {
  const form = new FormData();
  const places = attachments.map(({ path }, index) => [index, [`variables.${path}`]]);
  form.append('operations', JSON.stringify(request));
  form.append('map', JSON.stringify(Object.fromEntries(places)));
  attachments.forEach(({ file }, index) => form.append(index, file, file.name));
  return form;
}

function valueAt(variables, path) {
  return path.split('.').reduce((value, name) => value?.[name], variables);
}
