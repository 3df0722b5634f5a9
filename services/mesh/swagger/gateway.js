// The gateway documents every service: one document of everything, and one of each to pick. Nothing is loaded from
// elsewhere: plants are often offline.
fetch("/docs/documents.json")
  .then((answer) => answer.json())
  .then((documents) => {
    window.ui = SwaggerUIBundle({
      urls: documents,
      dom_id: "#swagger-ui",
      deepLinking: true,
      validatorUrl: null,
      tryItOutEnabled: true,
      presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
      layout: "StandaloneLayout",
    });
  });
