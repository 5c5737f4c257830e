-- As Django 5 makes it on SQLite (`sqlmigrate`), shortened; then what no Django would make.
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "email" varchar(254) NOT NULL, "date_joined" datetime NOT NULL);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE TABLE "shop_invoice" ("uid" char(32) NOT NULL PRIMARY KEY, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "total" decimal NOT NULL, "vat" decimal(4, 1) NULL, "due" date NOT NULL, "at" time NOT NULL, "pdf" BLOB NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "weight" real NOT NULL, "took" bigint NOT NULL, "type" varchar(3) NOT NULL, "buyer_id" integer NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "parent" char(32) NULL REFERENCES "shop_invoice" ("uid") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "shop_invoice_due" ON "shop_invoice" ("due");
CREATE INDEX "shop_invoice_type_due" ON "shop_invoice" ("type", "due" DESC);
CREATE UNIQUE INDEX "shop_invoice_open" ON "shop_invoice" ("number") WHERE "due" IS NULL;
CREATE TABLE "Order Items" ("Artikel-Nr" integer NOT NULL, "artikel nr" varchar(10) NOT NULL, "2nd" text, "self" bool NOT NULL, "row_version" bigint, "ort" geometry(4326), "größe" integer, PRIMARY KEY ("Artikel-Nr", "artikel nr"));
CREATE TABLE "order_items" ("id" integer NOT NULL PRIMARY KEY, "id_2" integer NOT NULL);
CREATE TABLE "string" ("id" integer NOT NULL PRIMARY KEY, "match" text NOT NULL);
CREATE TABLE "vauban_session" ("id" integer NOT NULL PRIMARY KEY);
CREATE TABLE "new_string_row" ("id" integer NOT NULL PRIMARY KEY);
