// A login in another tab serves here too: its cookie is the browser's, its CSRF token is fetched for each change.
'use strict';

async function withCsrfToken(request) {
  if (['GET', 'HEAD'].includes((request.method || 'GET').toUpperCase())) return request;
  const answer = await fetch('/api/auth/csrf');
  if (answer.ok) request.headers['x-csrf-token'] = (await answer.json()).csrf_token;
  return request;
}

window.addEventListener('DOMContentLoaded', () => {
  window.ui = window.SwaggerUIBundle({
    url: '/api/openapi.json',
    dom_id: '#page',
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: withCsrfToken,
  });
});
