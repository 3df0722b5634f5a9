"""Migrations: roles, schemas and Alembic for every service of the catalog, under one lock."""
