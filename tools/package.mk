# Read by the Makefile. Archives and packages of what is committed.

# --- Packages -------------------------------------------------------------------------------------

DIST = $(BUILD)/dist
RELEASE = luacffi-$(VERSION)
# Where a release's archive will be found, as the rockspec and the recipes say it: beside them.
DIST_URL = $(RELEASE).tar.gz
# The recipes of packaging/, filled in.
RECIPE = sed -e 's,@VERSION@,$(VERSION),' -e 's,@URL@,$(DIST_URL),' \
	-e "s,@SHA256@,$$(sha256sum <$(DIST)/$(RELEASE).tar.gz | cut -d' ' -f1)," \
	-e "s,@SHA512@,$$(sha512sum <$(DIST)/$(RELEASE).tar.gz | cut -d' ' -f1),"
# Who distributes the Debian package, "Name <address>"; the tree names nobody.
MAINTAINER =

# The files of the last commit with its time, compressed without a time: the same bytes whenever made.
## build/dist/luacffi-VERSION.tar.gz of the last commit, its rockspec, APKBUILD and luacffi.rb; DIST_URL=
dist:
	mkdir -p $(DIST)
	git archive --format=tar --prefix=$(RELEASE)/ HEAD | gzip -9n >$(DIST)/$(RELEASE).tar.gz
	sed -e 's,^version = .*,version = "$(VERSION)-1",' -e 's,^-- For .luarocks make.*,-- Of a release.,' \
		-e 's,git+file:\.,$(DIST_URL),' luacffi-scm-1.rockspec >$(DIST)/$(RELEASE)-1.rockspec
	$(RECIPE) packaging/APKBUILD.in >$(DIST)/APKBUILD
	$(RECIPE) packaging/luacffi.rb.in >$(DIST)/luacffi.rb
	cd $(DIST) && sha256sum $(RELEASE).tar.gz $(RELEASE)-1.rockspec

# Not for Debian itself yet: no bug asks for the package, and debian/ is in the archive.
LINTIAN = --allow-root --fail-on error,warning \
	--suppress-tags initial-upload-closes-no-bugs,no-debian-changes

# From the archive, so that nothing of this folder gets into them, in a folder that is thrown away.
## build/dist/*.deb: Debian packages, by dpkg-buildpackage, checked by lintian where it is; MAINTAINER=
deb: dist
	rm -rf $(DIST)/deb && mkdir -p $(DIST)/deb
	cp $(DIST)/$(RELEASE).tar.gz $(DIST)/deb/luacffi_$(VERSION).orig.tar.gz
	tar -xzf $(DIST)/$(RELEASE).tar.gz -C $(DIST)/deb
	$(if $(MAINTAINER),cd $(DIST)/deb/$(RELEASE)/debian && sed -i -e 's|^\(Maintainer: \).*|\1$(MAINTAINER)|' \
		-e 's|^ -- .*>|\ -- $(MAINTAINER)|' control changelog)
	cd $(DIST)/deb/$(RELEASE) && dpkg-buildpackage -us -uc
	if command -v lintian >/dev/null; then lintian $(LINTIAN) $(DIST)/deb/*.changes; fi
	mv $(DIST)/deb/*.deb $(DIST)

## build/site: the documents as HTML pages with a search, for a browser without a network
site:
	mkdir -p $(BUILD)/site
	$(LUA) tools/site.lua $(BUILD)/site

.PHONY: dist deb site
