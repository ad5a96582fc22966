#!/bin/sh
# For the image of PostgreSQL, which runs it once, while it sets up an empty database.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set owner="$COCREATE_POSTGRES_PASSWORD" --set services="$COCREATE_POSTGRES_SERVICES_PASSWORD" \
    --set reads="$COCREATE_POSTGRES_READS_PASSWORD" --file /etc/cocreate/roles.sql
